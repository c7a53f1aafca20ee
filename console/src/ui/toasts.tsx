import { CircleCheck, TriangleAlert, X } from 'lucide-react'
import { t } from '@/lib/i18n'
import { dismiss, useToasts } from '@/lib/toast'

export function Toasts() {
  const toasts = useToasts()
  return (
    <div aria-live="polite" className="pointer-events-none fixed inset-x-0 bottom-30 z-60 flex flex-col items-center gap-2 px-4">
      {toasts.map((toast) => (
        <div key={toast.id} className="rise pointer-events-auto flex max-w-lg items-center gap-3 rounded-xl border border-line-strong bg-surface py-2.5 pr-2 pl-4 text-sm shadow-card">
          {toast.kind === 'bad' ? <TriangleAlert className="size-4 shrink-0 text-danger" aria-hidden /> : <CircleCheck className="size-4 shrink-0 text-accent" aria-hidden />}
          <span className="min-w-0 break-words">{toast.text}</span>
          {toast.action && <button type="button" onClick={toast.action.run} className="rounded-md px-2 py-1 font-semibold text-accent hover:bg-soft">{toast.action.label}</button>}
          <button type="button" aria-label={t('Close')} onClick={() => dismiss(toast.id)} className="rounded-md p-1 text-ink-3 hover:bg-sunken"><X className="size-4" /></button>
        </div>
      ))}
    </div>
  )
}
