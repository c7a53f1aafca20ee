import { language } from './i18n'

const locale = () => (language() === 'zh-Hans' ? 'zh-CN' : 'en-GB')

export const number = (value: number, digits = 0) => value.toLocaleString(locale(), { maximumFractionDigits: digits })

export const date = (seconds: number) =>
  new Date(seconds * 1000).toLocaleString(locale(), { day: 'numeric', month: 'short', year: 'numeric' })

export const moment = (seconds: number) =>
  new Date(seconds * 1000).toLocaleString(locale(), { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })

/** "3 hours ago". */
export function ago(seconds: number): string {
  const past = seconds - Date.now() / 1000
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' })
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3_600], ['minute', 60]]
  if (past < -30 * 86_400) return date(seconds)
  const step = steps.find(([, size]) => Math.abs(past) >= size)
  return step ? format.format(Math.round(past / step[1]), step[0]) : format.format(0, 'second')
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`
  return size < 1 << 20 ? `${number(size / 1024)} KB` : `${number(size / (1 << 20), 1)} MB`
}

export const percent = (score: number | null | undefined) => (score == null ? '–' : score.toFixed(3))

/** A price as the server says it: a decimal number. Small ones keep their digits. */
export function money(price: string, currency: string): string {
  const value = Number(price)
  const shown = value >= 1 ? number(value, 2) : value.toLocaleString(locale(), { maximumSignificantDigits: 3 })
  return `${shown} ${currency}`
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string, type = 'text/plain') {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
