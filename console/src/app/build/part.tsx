import type { ReactNode } from 'react'
import type { App, ModelConfig } from '@/api/types'
import { Card, Switch } from '@/ui/bits'

/** What each part of the editor gets. */
export interface PartProps {
  app: App
  config: ModelConfig
  set: (change: Partial<ModelConfig>) => void
}

export function Part({ icon, title, about, action, children }: { icon?: ReactNode; title: string; about?: string; action?: ReactNode; children?: ReactNode }) {
  return (
    <Card className="p-4">
      <div className="flex items-center gap-2 [&_svg]:size-4">
        {icon && <span className="text-accent">{icon}</span>}
        <h2 className="font-sans text-sm font-semibold tracking-normal">{title}</h2>
        <div className="ml-auto flex items-center gap-1">{action}</div>
      </div>
      {about && <p className="mt-0.5 text-[13px] text-ink-3">{about}</p>}
      {children && <div className="mt-3 empty:hidden">{children}</div>}
    </Card>
  )
}

/** Something that is on or off. */
export function Row({ title, about, on, onChange }: { title: string; about: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <div className="flex items-center gap-3 py-2.5 text-sm first:pt-0">
      <span className="min-w-0 flex-1"><span className="block">{title}</span><span className="block text-xs text-ink-3">{about}</span></span>
      <Switch label={title} on={on} onChange={onChange} />
    </div>
  )
}
