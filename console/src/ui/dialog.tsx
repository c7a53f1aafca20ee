import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from '@/lib/cx'
import { t } from '@/lib/i18n'
import { IconButton } from './button'

interface Props {
  open: boolean
  onClose: () => void
  title: string
  about?: ReactNode
  children: ReactNode
  /** `side`: a drawer at the right edge; `full`: almost the whole window. */
  as?: 'middle' | 'side' | 'full'
  wide?: boolean
}

export function Dialog({ open, onClose, title, about, children, as = 'middle', wide = false }: Props) {
  const place =
    as === 'side'
      ? 'inset-y-0 right-0 w-full max-w-xl border-l'
      : as === 'full'
        ? 'inset-2 rounded-xl border bg-paper sm:inset-5'
        : cx('left-1/2 top-1/2 max-h-[88dvh] w-[calc(100%-2rem)] -translate-1/2 rounded-xl border', wide ? 'max-w-2xl' : 'max-w-md')
  return (
    <Radix.Root open={open} onOpenChange={(state) => !state && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/35 backdrop-blur-[1px]" />
        <Radix.Content className={cx('fixed z-50 flex flex-col bg-surface shadow-card', place)} {...(about ? {} : { 'aria-describedby': undefined })}>
          <header className="flex items-start justify-between gap-4 px-5 pt-4 pb-3">
            <div>
              <Radix.Title className="text-xl">{title}</Radix.Title>
              {about && <Radix.Description className="mt-1 text-sm text-ink-2">{about}</Radix.Description>}
            </div>
            <Radix.Close asChild><IconButton label={t('Close')}><X /></IconButton></Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
