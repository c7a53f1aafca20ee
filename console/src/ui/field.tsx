import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from 'react'
import { cx } from '@/lib/cx'

const box =
  'rounded-lg border border-line-strong bg-surface text-sm text-ink placeholder:text-ink-3 transition-colors hover:border-ink-3 focus:border-accent focus:outline-none focus:ring-3 focus:ring-accent/20 disabled:opacity-60 aria-invalid:border-danger'

/** As wide as its place, unless it says how wide. */
const width = (className: string | undefined) => !/(^|\s)w-/.test(className ?? '') && 'w-full'

export const Input = ({ className, ...rest }: InputHTMLAttributes<HTMLInputElement>) => (
  <input {...rest} className={cx(box, width(className), 'h-9 px-3', className)} />
)

export const Textarea = ({ className, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement>) => (
  <textarea rows={4} {...rest} className={cx(box, width(className), 'px-3 py-2 leading-relaxed', className)} />
)

export const Select = ({ className, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) => (
  <select {...rest} className={cx(box, width(className), 'h-9 pl-2.5 pr-7', className)} />
)

interface Props {
  label: ReactNode
  hint?: ReactNode
  error?: string | undefined
  children: (id: string) => ReactNode
}

/** A label, what is entered, and what helps to enter it. */
export function Field({ label, hint, error, children }: Props) {
  const id = useId()
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-[13px] font-medium text-ink">{label}</label>
      {children(id)}
      {hint && !error && <p className="text-xs text-ink-3">{hint}</p>}
      {error && <p role="alert" className="text-xs text-danger">{error}</p>}
    </div>
  )
}

interface RangeProps { label: string; value: number; min: number; max: number; step: number; onChange: (value: number) => void; hint?: string | undefined }

/** A slider with its number beside it. */
export function Range({ label, value, min, max, step, onChange, hint }: RangeProps) {
  const id = useId()
  const set = (text: string) => onChange(Math.min(max, Math.max(min, Number(text))))
  return (
    <div className="space-y-1">
      <div className="flex items-center justify-between gap-3">
        <label htmlFor={id} className="text-[13px] font-medium">{label}</label>
        <input aria-label={label} type="number" className={cx(box, 'h-7.5 w-20 px-2 text-right')} {...{ value, min, max, step }} onChange={(event) => set(event.target.value)} />
      </div>
      <input id={id} type="range" className="w-full accent-accent" {...{ value, min, max, step }} onChange={(event) => set(event.target.value)} />
      {hint && <p className="text-xs text-ink-3">{hint}</p>}
    </div>
  )
}
