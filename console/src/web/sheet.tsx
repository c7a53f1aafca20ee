import { useState, type ReactNode } from 'react'
import { ThemeButton } from '@/shell/shell'
import { AppIcon } from '@/ui/icon'
import { SmallPrint, type Site } from './site'

export interface Leaf { id: string; name: string; show: () => ReactNode }

/** The page of an app that is filled in and answers: its name on top, and its parts beside each other. */
export function Sheet({ site: { info }, leaves }: { site: Site; leaves: Leaf[] }) {
  const [open, setOpen] = useState(leaves[0]?.id)
  return (
    <div className="mx-auto flex min-h-dvh max-w-5xl flex-col px-4 py-5">
      <header className="mb-5 flex items-center gap-3">
        <AppIcon icon={info.site.icon} background={info.site.icon_background} />
        <div className="min-w-0 flex-1">
          <h1 className="truncate text-2xl">{info.site.title}</h1>
          {info.site.description && <p className="text-sm text-ink-2">{info.site.description}</p>}
        </div>
        <ThemeButton />
      </header>
      <div role="tablist" className="mb-4 flex gap-5 border-b border-line">
        {leaves.map(({ id, name }) => (
          <button key={id} type="button" role="tab" aria-selected={open === id} onClick={() => setOpen(id)} className="-mb-px border-b-2 border-transparent pb-2 text-sm font-medium text-ink-2 aria-selected:border-accent aria-selected:text-ink">{name}</button>
        ))}
      </div>
      <main className="flex-1">{leaves.find(({ id }) => id === open)?.show()}</main>
      <SmallPrint site={info.site} />
    </div>
  )
}
