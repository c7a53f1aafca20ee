import { useMay } from '@/api/role'
import { keepPreviousData } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft, Pencil, Plus, Search, Trash2 } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { patch, post, remove } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { Doc, Page, Segment } from '@/api/types'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge, Loaded, Switch } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Input, Textarea } from '@/ui/field'
import { Pages } from './documents'
import { Pieces } from './pieces'
import { DocStatus } from './status'

const route = getRouteApi('/console/knowledge/$datasetId/documents/$documentId')
const LIMIT = 20

/** The chunks of a document: read, edited, switched off. */
export function Segments() {
  const { datasetId, documentId } = route.useParams()
  const path = `/datasets/${datasetId}/documents/${documentId}`
  const document = useGet<Doc>(path)
  const mayEdit = useMay('editor')
  const [keyword, setKeyword] = useState('')
  const [page, setPage] = useState(1)
  const [open, setOpen] = useState<Segment | 'new'>()
  const searched = useDeferredValue(keyword.trim())
  const query = useGet<Page<Segment>>(`${path}/segments?${new URLSearchParams({ page: String(page), limit: String(LIMIT), ...(searched && { keyword: searched }) })}`, { placeholderData: keepPreviousData })
  const turn = useAction(async (segment: Segment) => {
    await patch(`${path}/segment/${segment.enabled ? 'disable' : 'enable'}?segment_id=${segment.id}`, {})
    await refresh(`${path}/segments`)
  })
  const erase = useAction(async (segment: Segment) => {
    await remove(`${path}/segments/${segment.id}`)
    await refresh(path)
  })
  return (
    <div className="mx-auto w-full max-w-4xl px-4 py-5 sm:px-6">
      <div className="mb-4 flex items-center gap-2.5">
        <Link to="/knowledge/$datasetId" params={{ datasetId }} aria-label={t('To the documents')} className="-ml-1.5 rounded-lg p-1 text-ink-3 hover:bg-sunken hover:text-ink"><ChevronLeft className="size-4.5" /></Link>
        <h1 className="min-w-0 truncate text-xl">{document.data?.name ?? '…'}</h1>
        {document.data && <DocStatus document={document.data} />}
      </div>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <div className="relative mr-auto">
          <Search className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-3" aria-hidden />
          <Input type="search" aria-label={t('Search chunks')} placeholder={t('Search chunks')} value={keyword} onChange={(event) => { setKeyword(event.target.value); setPage(1) }} className="pl-9 sm:w-64" />
        </div>
        {mayEdit && <Button onClick={() => setOpen('new')}><Plus /> {t('Add a chunk')}</Button>}
      </div>
      <Loaded query={query}>
        {({ data, total, has_more }) => (
          <>
            <ol className="space-y-3">
              {data.map((segment) => (
                <li key={segment.id} data-off={!segment.enabled} className="rounded-xl border border-line bg-surface p-4 data-[off=true]:opacity-70">
                  <div className="mb-1.5 flex items-center gap-2 text-xs text-ink-3">
                    <span className="font-mono">#{segment.position}</span>
                    <span>{t('{count} words', { count: number(segment.word_count) })} · {t('found {count} times', { count: segment.hit_count })}</span>
                    {!segment.enabled && <Badge>{t('Off')}</Badge>}
                    {mayEdit && <span className="ml-auto flex items-center gap-1">
                      <Switch label={t('Take into the search')} on={segment.enabled} onChange={() => void turn.run(segment)} />
                      <IconButton label={t('Edit')} onClick={() => setOpen(segment)}><Pencil /></IconButton>
                      <IconButton label={t('Delete')} disabled={erase.busy} onClick={() => void erase.run(segment)}><Trash2 /></IconButton>
                    </span>}
                  </div>
                  <p className="text-sm break-words whitespace-pre-wrap">{segment.content}</p>
                  <Pieces texts={segment.child_chunks.map(({ content }) => content)} />
                </li>
              ))}
            </ol>
            {data.length === 0 && <p className="py-10 text-center text-sm text-ink-3">{searched ? t('Nothing matches') : t('No chunks so far')}</p>}
            <Pages page={page} more={has_more} total={total} limit={LIMIT} onPage={setPage} />
          </>
        )}
      </Loaded>
      {open && <Edit path={path} segment={open === 'new' ? undefined : open} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

function Edit({ path, segment, onClose }: { path: string; segment: Segment | undefined; onClose: () => void }) {
  const [content, setContent] = useState(segment?.content ?? '')
  const save = useAction(async () => {
    if (segment) await post(`${path}/segments/${segment.id}`, { segment: { content, regenerate_child_chunks: true } })
    else await post(`${path}/segments`, { segments: [{ content }] })
    await refresh(path)
    onClose()
  })
  return (
    <Dialog open onClose={onClose} title={segment ? t('Chunk {position}', { position: segment.position }) : t('Add a chunk')} wide>
      <Textarea aria-label={t('Content')} autoFocus rows={14} value={content} onChange={(event) => setContent(event.target.value)} />
      <div className="mt-4 flex justify-end gap-2"><Button onClick={onClose}>{t('Cancel')}</Button><Button look="primary" disabled={!content.trim()} busy={save.busy} onClick={() => void save.run()}>{t('Save')}</Button></div>
    </Dialog>
  )
}
