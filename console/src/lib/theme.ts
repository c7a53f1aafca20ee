// `system` follows the machine; `public/theme.js` applies the choice before the first paint.
import { useSyncExternalStore } from 'react'
import { kept } from '@/lib/kept'

export type Theme = 'light' | 'dark' | 'system'
const KEY = 'edgewise-theme'

export const theme = (): Theme => {
  const chosen = kept.get(KEY)
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

const listeners = new Set<() => void>()

/** The choice now, wherever on the page it is changed. */
export const useTheme = () =>
  useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, theme)

export function wear(choice: Theme) {
  kept.set(KEY, choice)
  if (choice === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = choice
  for (const listener of listeners) listener()
}
