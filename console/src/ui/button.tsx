import { LoaderCircle } from 'lucide-react'
import type { ButtonHTMLAttributes } from 'react'
import { cx } from '@/lib/cx'

type Look = 'primary' | 'plain' | 'quiet' | 'danger'

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover shadow-card',
  plain: 'bg-surface text-ink border border-line-strong hover:bg-sunken',
  quiet: 'text-ink-2 hover:bg-sunken hover:text-ink',
  danger: 'bg-surface text-danger border border-line-strong hover:bg-danger-soft',
}

export const button = (look: Look = 'plain', small = false) =>
  cx(
    'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-lg font-medium whitespace-nowrap transition-colors',
    'disabled:opacity-55 [&_svg]:shrink-0',
    small ? 'h-7.5 px-2.5 text-[13px] [&_svg]:size-3.5' : 'h-9 px-3.5 text-sm [&_svg]:size-4',
    LOOKS[look],
  )

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look
  small?: boolean
  busy?: boolean
}

export function Button({ look = 'plain', small = false, busy = false, className, children, disabled, ...rest }: Props) {
  return (
    <button type="button" {...rest} disabled={disabled || busy} className={cx(button(look, small), className)}>
      {busy && <LoaderCircle className="animate-spin" aria-hidden />}
      {children}
    </button>
  )
}

/** A square button whose name is only heard and shown on hovering. */
export function IconButton({ label, className, ...rest }: Props & { label: string }) {
  const look = 'inline-grid size-8 shrink-0 place-items-center rounded-lg text-ink-2 transition-colors hover:bg-sunken hover:text-ink disabled:opacity-50 [&_svg]:size-4'
  return <button type="button" aria-label={label} title={label} {...rest} className={cx(look, className)} />
}
