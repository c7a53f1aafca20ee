import { useMay } from '@/api/role'
import { keepPreviousData } from '@tanstack/react-query'
import { LayoutGrid, Plus, Search } from 'lucide-react'
import { useDeferredValue, useState, type DragEvent } from 'react'
import { useGet } from '@/api/hooks'
import type { AppRow, Mode, Page } from '@/api/types'
import { cx } from '@/lib/cx'
import { t } from '@/lib/i18n'
import { Empty, Loaded, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Input } from '@/ui/field'
import { AppCard } from './card'
import { CreateDialog, type Start } from './create'
import { FirstSteps } from './first-steps'
import { TagFilter } from './tags'

const FILTERS: { mode: Mode | 'all'; label: () => string }[] = [
  { mode: 'all', label: () => t('All') },
  { mode: 'chat', label: () => t('Assistants') },
  { mode: 'agent-chat', label: () => t('Agents') },
  { mode: 'completion', label: () => t('Text generators') },
  { mode: 'advanced-chat', label: () => t('Chatflows') },
  { mode: 'workflow', label: () => t('Workflows') },
]

export function Studio() {
  const [name, setName] = useState('')
  const [mode, setMode] = useState<Mode | 'all'>('all')
  const [tags, setTags] = useState<string[]>([])
  const [limit, setLimit] = useState(30)
  const [start, setStart] = useState<Start>()
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const [over, setOver] = useState(false)
  const mayEdit = useMay('editor')
  const searched = useDeferredValue(name.trim())
  const params = new URLSearchParams({ page: '1', limit: String(limit), ...(searched && { name: searched }), ...(mode !== 'all' && { mode }), ...(tags.length && { tag_ids: tags.join(',') }) })
  const query = useGet<Page<AppRow>>(`/apps?${params}`, { placeholderData: keepPreviousData })

  const hide = (id: string, hidden: boolean) =>
    setGone((old) => {
      const next = new Set(old)
      if (hidden) next.add(id)
      else next.delete(id)
      return next
    })
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const file = event.dataTransfer.files[0]
    if (file && mayEdit) setStart({ tab: 'file', file })
  }
  return (
    <div
      className={cx('mx-auto w-full max-w-7xl flex-1 px-4 py-7 sm:px-6', over && 'outline-2 -outline-offset-8 outline-dashed outline-accent')}
      onDragOver={(event) => { event.preventDefault(); setOver(true) }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className="mb-6 flex flex-wrap items-center gap-3">
        <h1 className="mr-auto text-3xl">{t('Studio')}</h1>
        <div className="relative max-sm:order-last max-sm:w-full">
          <Search className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-3" aria-hidden />
          <Input type="search" aria-label={t('Search apps')} placeholder={t('Search apps')} value={name} onChange={(event) => setName(event.target.value)} className="pl-9 sm:w-64" />
        </div>
        {mayEdit && <Button look="primary" onClick={() => setStart({ tab: 'blank' })}><Plus /> {t('New app')}</Button>}
      </div>
      <Loaded query={query} shadow={<Grid>{[1, 2, 3].map((n) => <Skeleton key={n} className="h-36" />)}</Grid>}>
        {(page) => {
          const shown = page.data.filter((app) => !gone.has(app.id))
          if (shown.length === 0 && !searched && mode === 'all' && tags.length === 0) return mayEdit ? <FirstSteps onStart={setStart} /> : <Empty icon={<LayoutGrid />} title={t('No apps so far')}>{t('An editor of the workspace can make some.')}</Empty>
          return (
            <>
              <div className="mb-5 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
              <div role="group" aria-label={t('Kind')} className="flex gap-1 overflow-x-auto">
                {FILTERS.map((filter) => (
                  <button key={filter.mode} type="button" aria-pressed={mode === filter.mode} onClick={() => setMode(filter.mode)} className="rounded-full px-3 py-1 text-[13px] font-medium whitespace-nowrap text-ink-2 hover:bg-sunken aria-pressed:bg-ink aria-pressed:text-paper">
                    {filter.label()}
                  </button>
                ))}
              </div>
              <TagFilter chosen={tags} onChange={setTags} />
              </div>
              {shown.length === 0 ? (
                <Empty icon={<LayoutGrid />} title={t('No app matches')} action={<Button onClick={() => { setName(''); setMode('all'); setTags([]) }}>{t('Show all')}</Button>} />
              ) : (
                <Grid>{shown.map((app) => <AppCard key={app.id} app={app} onHide={(hidden) => hide(app.id, hidden)} />)}</Grid>
              )}
              {page.has_more && <div className="mt-6 text-center"><Button disabled={limit >= 100} onClick={() => setLimit(100)}>{t('Show more')}</Button></div>}
            </>
          )
        }}
      </Loaded>
      {start && <CreateDialog start={start} onClose={() => setStart(undefined)} />}
    </div>
  )
}

const Grid = ({ children }: { children: React.ReactNode }) => <div className="grid grid-cols-[repeat(auto-fill,minmax(17.5rem,1fr))] gap-4">{children}</div>
