import { useMay } from '@/api/role'
import { keepPreviousData } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Ellipsis, FileText, FileUp, Power, Search, Trash2 } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { patch, remove } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { Doc, Page } from '@/api/types'
import { date, number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { complain, later } from '@/lib/toast'
import { Empty, Loaded } from '@/ui/bits'
import { Button, IconButton, button } from '@/ui/button'
import { Input } from '@/ui/field'
import { Divider, Item, Menu } from '@/ui/menu'
import { useDataset } from './layout'
import { DocStatus, isBusy } from './status'

const LIMIT = 20

export function Documents() {
  const { id } = useDataset()
  const mayEdit = useMay('editor')
  const [keyword, setKeyword] = useState('')
  const [page, setPage] = useState(1)
  const [gone, setGone] = useState<string[]>([])
  const searched = useDeferredValue(keyword.trim())
  const query = useGet<Page<Doc>>(`/datasets/${id}/documents?${new URLSearchParams({ page: String(page), limit: String(LIMIT), ...(searched && { keyword: searched }) })}`, {
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.data.some((document) => isBusy(document.indexing_status)) ? 1500 : false),
  })
  const turn = useAction(async (document: Doc) => {
    await patch(`/datasets/${id}/documents/status/${document.enabled ? 'disable' : 'enable'}`, { document_ids: [document.id] })
    await refresh(`/datasets/${id}/documents`)
  })
  const erase = (document: Doc) => {
    setGone((ids) => [...ids, document.id])
    const back = () => setGone((ids) => ids.filter((other) => other !== document.id))
    const act = () => remove(`/datasets/${id}/documents/${document.id}`).then(() => refresh('/datasets')).catch((error: unknown) => { back(); complain(error) })
    later(t('{name} was deleted', { name: document.name }), () => void act(), back)
  }
  const add = mayEdit && <Link to='/knowledge/$datasetId/add' params={{ datasetId: id }} className={button('primary')}><FileUp aria-hidden /> {t('Add documents')}</Link>
  return (
    <Loaded query={query}>
      {({ data, total, has_more }) => {
        if (total === 0 && !searched) return <Empty icon={<FileText />} title={t('No documents so far')} action={add}>{t('PDF, Word, Excel, PowerPoint, EPUB, HTML, Markdown, CSV, JSON, plain text and source code.')}</Empty>
        return (
          <>
            <div className="mb-4 flex flex-wrap items-center gap-3">
              <div className="relative mr-auto max-sm:min-w-0 max-sm:flex-1">
                <Search className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-3" aria-hidden />
                <Input type="search" aria-label={t('Search documents')} placeholder={t('Search documents')} value={keyword} onChange={(event) => { setKeyword(event.target.value); setPage(1) }} className="pl-9 sm:w-64" />
              </div>
              {add}
            </div>
            <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
              {data.filter((document) => !gone.includes(document.id)).map((document) => (
                <li key={document.id} className="flex items-center gap-3 px-4 py-2.5 hover:bg-sunken/60">
                  <FileText className="size-4.5 shrink-0 text-ink-3" aria-hidden />
                  <div className="min-w-0 flex-1">
                    <Link to="/knowledge/$datasetId/documents/$documentId" params={{ datasetId: id, documentId: document.id }} className="block truncate text-sm font-medium hover:underline">{document.name}</Link>
                    <p className="truncate text-xs text-ink-3">
                      {document.error ? <span className="text-danger">{document.error}</span> : <>{t('{count} words', { count: number(document.word_count) })} · {t('found {count} times', { count: document.hit_count })} · {date(document.created_at)}</>}
                    </p>
                  </div>
                  <DocStatus document={document} />
                  {mayEdit && <Menu trigger={<IconButton label={t('More about {name}', { name: document.name })}><Ellipsis /></IconButton>}>
                    {!isBusy(document.indexing_status) && <Item onSelect={() => void turn.run(document)}><Power /> {document.enabled ? t('Leave out of the search') : t('Take into the search')}</Item>}
                    <Divider />
                    <Item bad onSelect={() => erase(document)}><Trash2 /> {t('Delete')}</Item>
                  </Menu>}
                </li>
              ))}
            </ul>
            <Pages page={page} more={has_more} total={total} limit={LIMIT} onPage={setPage} />
          </>
        )
      }}
    </Loaded>
  )
}

export function Pages({ page, more, total, limit, onPage }: { page: number; more: boolean; total: number; limit: number; onPage: (page: number) => void }) {
  if (total <= limit) return null
  return (
    <nav aria-label={t('Pages')} className="mt-4 flex items-center justify-center gap-3 text-sm text-ink-2">
      <Button small disabled={page === 1} onClick={() => onPage(page - 1)}>{t('Back')}</Button>
      {t('{page} of {pages}', { page, pages: Math.ceil(total / limit) })}
      <Button small disabled={!more} onClick={() => onPage(page + 1)}>{t('On')}</Button>
    </nav>
  )
}
