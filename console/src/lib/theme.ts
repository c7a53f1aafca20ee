// `system` follows the machine; `public/theme.js` applies the choice before the first paint.

export type Theme = 'light' | 'dark' | 'system'
const KEY = 'edgewise-theme'

export const theme = (): Theme => {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

export function wear(choice: Theme) {
  localStorage.setItem(KEY, choice)
  if (choice === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = choice
}
