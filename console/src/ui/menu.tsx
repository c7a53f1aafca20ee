import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from '@/lib/cx'

export function Menu({ trigger, children, align = 'end' }: { trigger: ReactNode; children: ReactNode; align?: 'start' | 'end' }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} sideOffset={6} className="rise z-50 min-w-44 rounded-lg border border-line bg-surface p-1 shadow-card">
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function Item({ onSelect, children, bad = false }: { onSelect: () => void; children: ReactNode; bad?: boolean }) {
  const look = 'flex cursor-pointer items-center gap-2 rounded-md px-2.5 py-1.5 text-sm outline-none data-highlighted:bg-sunken [&_svg]:size-4'
  return <Radix.Item onSelect={onSelect} className={cx(look, bad ? 'text-danger' : 'text-ink [&_svg]:text-ink-3')}>{children}</Radix.Item>
}

export const Divider = () => <Radix.Separator className="my-1 h-px bg-line" />
