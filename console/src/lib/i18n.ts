// English is written where it is shown; other languages map it. `scripts/texts.mjs` checks that none is missing.
import { kept } from '@/lib/kept'


export const LANGUAGES = [
  { code: 'en-US', name: 'English' },
  { code: 'zh-Hans', name: '简体中文' },
] as const

export type Language = (typeof LANGUAGES)[number]['code']

const KEY = 'edgewise-language'
let texts: Record<string, string> = {}
let current: Language = 'en-US'

export const language = () => current

function known(code: string | null | undefined): Language | undefined {
  return code?.startsWith('zh') ? 'zh-Hans' : code?.startsWith('en') ? 'en-US' : undefined
}

/** The language chosen here before, else the browser's. */
export const preferred = (): Language => known(kept.get(KEY)) ?? known(navigator.language) ?? 'en-US'

export async function speak(code: string, remember = true) {
  current = known(code) ?? 'en-US'
  texts = current === 'zh-Hans' ? (await import('./zh')).default : {}
  document.documentElement.lang = current === 'zh-Hans' ? 'zh-Hans' : 'en'
  if (remember) kept.set(KEY, current)
}

/** The text in the chosen language, with `{name}` filled in. */
export function t(text: string, values?: Record<string, string | number>): string {
  let found = texts[text] ?? text
  // The one plural of English that is needed here: "1 documents" is a document.
  if (found === text && values?.count === 1) found = found.replace(/\{count\} (\w+)s\b/, '{count} $1')
  return values ? found.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : found
}
