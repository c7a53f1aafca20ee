import { useMay } from '@/api/role'
import { Link, useNavigate } from '@tanstack/react-router'
import { BookOpenText, Ellipsis, Plus, Search, Trash2 } from 'lucide-react'
import { useDeferredValue, useState, type FormEvent } from 'react'
import { post, remove } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { Dataset, Page } from '@/api/types'
import { ago, number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { complain, later } from '@/lib/toast'
import { Badge, Empty, Loaded } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Input, Textarea } from '@/ui/field'
import { Item, Menu } from '@/ui/menu'

export function KnowledgeList() {
  const [keyword, setKeyword] = useState('')
  const mayEdit = useMay('editor')
  const [making, setMaking] = useState(false)
  const [gone, setGone] = useState<string[]>([])
  const searched = useDeferredValue(keyword.trim())
  const query = useGet<Page<Dataset>>(`/datasets?${new URLSearchParams({ page: '1', limit: '100', ...(searched && { keyword: searched }) })}`)
  const erase = (dataset: Dataset) => {
    setGone((ids) => [...ids, dataset.id])
    const back = () => setGone((ids) => ids.filter((id) => id !== dataset.id))
    const act = () => remove(`/datasets/${dataset.id}`).then(() => refresh('/datasets')).catch((error: unknown) => { back(); complain(error) })
    later(t('{name} was deleted', { name: dataset.name }), () => void act(), back)
  }
  return (
    <div className="mx-auto w-full max-w-7xl px-4 py-7 sm:px-6">
      <div className="mb-6 flex flex-wrap items-center gap-3">
        <h1 className="mr-auto text-3xl">{t('Knowledge')}</h1>
        <div className="relative max-sm:order-last max-sm:w-full">
          <Search className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-3" aria-hidden />
          <Input type="search" aria-label={t('Search knowledge')} placeholder={t('Search knowledge')} value={keyword} onChange={(event) => setKeyword(event.target.value)} className="pl-9 sm:w-64" />
        </div>
        {mayEdit && <Button look="primary" onClick={() => setMaking(true)}><Plus /> {t('New knowledge base')}</Button>}
      </div>
      <Loaded query={query}>
        {({ data }) => {
          const shown = data.filter(({ id }) => !gone.includes(id))
          if (shown.length === 0) {
            return (
              <Empty icon={<BookOpenText />} title={searched ? t('Nothing matches') : t('Teach your apps what you know')} action={mayEdit && <Button look="primary" onClick={() => setMaking(true)}><Plus /> {t('New knowledge base')}</Button>}>
                {!searched && t('Put documents in, try what is found for a question, then let an app answer from it.')}
              </Empty>
            )
          }
          return (
            <div className="grid grid-cols-[repeat(auto-fill,minmax(17.5rem,1fr))] gap-4">
              {shown.map((dataset) => (
                <article key={dataset.id} className="relative flex min-h-32 flex-col rounded-xl border border-line bg-surface p-4 hover:border-line-strong hover:shadow-card">
                  <div className="flex items-start gap-3">
                    <span className="grid size-10 shrink-0 place-items-center rounded-lg bg-soft text-soft-ink"><BookOpenText className="size-5" aria-hidden /></span>
                    <div className="min-w-0">
                      <Link to="/knowledge/$datasetId" params={{ datasetId: dataset.id }} className="block truncate pr-8 font-semibold after:absolute after:inset-0 after:rounded-xl">{dataset.name}</Link>
                      <p className="text-xs text-ink-3">{t('{count} documents', { count: dataset.document_count })} · {t('{count} words', { count: number(dataset.word_count) })}</p>
                    </div>
                  </div>
                  <p className="mt-3 line-clamp-2 flex-1 text-[13px] text-ink-2">{dataset.description}</p>
                  <div className="mt-2 flex items-center gap-2 text-xs text-ink-3">
                    {t('Changed {when}', { when: ago(dataset.updated_at) })}
                    {!dataset.embedding_available && <Badge tone="warn">{t('Its embedding model is gone')}</Badge>}
                  </div>
                  {mayEdit && <div className="absolute top-2.5 right-2.5">
                    <Menu trigger={<IconButton label={t('More about {name}', { name: dataset.name })}><Ellipsis /></IconButton>}>
                      <Item bad onSelect={() => erase(dataset)}><Trash2 /> {t('Delete')}</Item>
                    </Menu>
                  </div>}
                </article>
              ))}
            </div>
          )
        }}
      </Loaded>
      {making && <NewDialog onClose={() => setMaking(false)} />}
    </div>
  )
}

function NewDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const { run, busy, field } = useAction(async () => {
    const dataset = await post<Dataset>('/datasets', { name, description, indexing_technique: 'high_quality', permission: 'all_team_members' })
    await refresh('/datasets')
    await navigate({ to: '/knowledge/$datasetId/add', params: { datasetId: dataset.id } })
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <Dialog open onClose={onClose} title={t('New knowledge base')}>
      <form onSubmit={submit} className="space-y-4">
        <Field label={t('Name')}>{(id) => <Input id={id} required autoFocus maxLength={40} aria-invalid={field === 'name'} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <Field label={t('Description')}>{(id) => <Textarea id={id} rows={2} maxLength={400} value={description} onChange={(event) => setDescription(event.target.value)} />}</Field>
        <div className="flex justify-end gap-2"><Button onClick={onClose}>{t('Cancel')}</Button><Button type="submit" look="primary" busy={busy}>{t('Go on to documents')}</Button></div>
      </form>
    </Dialog>
  )
}
