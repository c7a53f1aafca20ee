import { cx } from '@/lib/cx'
import { t } from '@/lib/i18n'
import { Select } from '@/ui/field'

export const PERIODS = [1, 7, 30, 90] as const

/** `start` and `end` as the server takes them: minutes in UTC. */
export function period(days: number): Record<'start' | 'end', string> {
  const text = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
  const end = Math.ceil(Date.now() / 3_600_000) * 3_600_000
  const first = new Date(end - days * 86_400_000)
  return { start: text(days === 1 ? first.getTime() : first.setUTCHours(0, 0, 0, 0)), end: text(end) }
}

export function PeriodSelect({ days, onChange, className }: { days: number; onChange: (days: number) => void; className?: string }) {
  return (
    <Select aria-label={t('Period')} className={cx('w-40', className)} value={days} onChange={(event) => onChange(Number(event.target.value))}>
      {PERIODS.map((each) => <option key={each} value={each}>{each === 1 ? t('Last 24 hours') : t('Last {days} days', { days: each })}</option>)}
    </Select>
  )
}
