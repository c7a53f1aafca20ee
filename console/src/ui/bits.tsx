import { Switch as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { explain } from '@/lib/toast'
import { t } from '@/lib/i18n'
import { cx } from '@/lib/cx'
import { Button } from './button'

export function Switch({ on, onChange, label, disabled = false }: { on: boolean; onChange: (on: boolean) => void; label: string; disabled?: boolean }) {
  const look = 'relative h-5 w-9 shrink-0 rounded-full bg-line-strong transition-colors data-[state=checked]:bg-accent disabled:opacity-50'
  return (
    <Radix.Root checked={on} onCheckedChange={onChange} aria-label={label} disabled={disabled} className={look}>
      <Radix.Thumb className="block size-4 translate-x-0.5 rounded-full bg-surface shadow transition-transform data-[state=checked]:translate-x-4.5" />
    </Radix.Root>
  )
}

type Tone = 'plain' | 'good' | 'warn' | 'bad'
const TONES: Record<Tone, string> = {
  plain: 'bg-sunken text-ink-2',
  good: 'bg-soft text-soft-ink',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-danger-soft text-danger',
}

export const Badge = ({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) => (
  <span className={cx('inline-flex h-5 items-center gap-1 rounded-md px-1.5 text-xs font-medium whitespace-nowrap', TONES[tone])}>{children}</span>
)

export const Card = ({ className, children }: { className?: string; children: ReactNode }) => (
  <div className={cx('rounded-xl border border-line bg-surface', className)}>{children}</div>
)

/** Never an empty page without the next step. */
export function Empty({ icon, title, children, action }: { icon: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center px-4 py-14 text-center">
      <div className="mb-4 grid size-12 place-items-center rounded-xl bg-soft text-soft-ink [&_svg]:size-5.5">{icon}</div>
      <h2 className="text-xl">{title}</h2>
      {children && <div className="mt-1.5 text-sm text-ink-2">{children}</div>}
      {action && <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}

/** How much of it is done, 0 to 1. */
export const Bar = ({ share, label, className }: { share: number; label: string; className?: string }) => (
  <div role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} className={cx('h-1.5 overflow-hidden rounded-full bg-sunken', className)}>
    <div className="h-full rounded-full bg-accent transition-[width]" style={{ width: `${share * 100}%` }} />
  </div>
)

/** Why something did not work, where it did not. */
export const Problem = ({ children }: { children: ReactNode }) => <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-[13px] break-words text-danger">{children}</p>

export const Skeleton = ({ className }: { className?: string }) => <div aria-hidden className={cx('animate-pulse rounded-lg bg-sunken', className)} />

interface Asked<T> { data: T | undefined; error: unknown; refetch: () => unknown }

/** What was asked for, its shadow while it is on its way, or why it did not come. */
export function Loaded<T>({ query, children, shadow }: { query: Asked<T>; children: (data: T) => ReactNode; shadow?: ReactNode }) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) {
    return (
      <div role="alert" className="mx-auto my-10 max-w-md rounded-xl border border-line bg-surface p-5 text-center text-sm">
        <p className="mb-3 text-ink-2">{explain(query.error)}</p>
        <Button small onClick={() => query.refetch()}>{t('Try again')}</Button>
      </div>
    )
  }
  return <div aria-busy>{shadow ?? <div className="space-y-3"><Skeleton className="h-8 w-1/3" /><Skeleton className="h-24" /><Skeleton className="h-24" /></div>}</div>
}
