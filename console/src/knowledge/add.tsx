import { Link } from '@tanstack/react-router'
import { CircleAlert, CircleCheck, Eye, FileUp, LoaderCircle, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { upload } from '@/api/client'
import { refresh, useGet } from '@/api/hooks'
import type { Doc, Progress } from '@/api/types'
import { cx } from '@/lib/cx'
import { bytes } from '@/lib/format'
import { t } from '@/lib/i18n'
import { explain } from '@/lib/toast'
import { Bar, Card } from '@/ui/bits'
import { Button, IconButton, button } from '@/ui/button'
import { useDataset } from './layout'
import { ChunkPreview } from './chunks'
import { Rules, ruleOf, START, waysOf, type Rule } from './rules'

interface Item { key: string; file: File; state: 'chosen' | 'sending' | 'sent' | 'failed'; share: number; error?: string; batch?: string }

/** Files at the same time: more do not make a server faster. */
const AT_ONCE = 2

export function AddDocuments() {
  const { id, query } = useDataset()
  const form = query.data?.document_count ? query.data.doc_form : null
  const input = useRef<HTMLInputElement>(null)
  const [items, setItems] = useState<Item[]>([])
  const [chosen, setRule] = useState<Rule>()
  const rule = chosen ?? { ...START, way: waysOf(form)[0] ?? 'automatic' }
  const [over, setOver] = useState(false)
  const [shown, setShown] = useState<File>()
  const [busy, setBusy] = useState(false)
  const edit = (key: string, change: Partial<Item>) => setItems((all) => all.map((item) => (item.key === key ? { ...item, ...change } : item)))
  const take = (files: FileList | null) => {
    const fresh = [...(files ?? [])].map((file): Item => ({ key: `${file.name}-${file.size}-${file.lastModified}`, file, state: 'chosen', share: 0 }))
    setItems((all) => [...all, ...fresh.filter(({ key }) => !all.some((item) => item.key === key))])
  }
  const one = async (item: Item) => {
    const body = new FormData()
    body.append('data', JSON.stringify({ indexing_technique: 'high_quality', process_rule: ruleOf(rule) }))
    body.append('file', item.file)
    edit(item.key, { state: 'sending', share: 0 })
    try {
      const { batch } = await upload<{ document: Doc; batch: string }>(`/datasets/${id}/document/create-by-file`, body, (share) => edit(item.key, { share }))
      edit(item.key, { state: 'sent', share: 1, batch })
    } catch (error) {
      edit(item.key, { state: 'failed', error: explain(error) })
    }
  }
  const start = async () => {
    setBusy(true)
    const waiting = items.filter(({ state }) => state === 'chosen' || state === 'failed')
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await one(next)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    setBusy(false)
    await refresh('/datasets')
  }
  const left = items.filter(({ state }) => state === 'chosen' || state === 'failed').length
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[1fr_20rem]">
      <div className="space-y-4">
        <button
          type="button"
          onClick={() => input.current?.click()}
          onDragOver={(event) => { event.preventDefault(); setOver(true) }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => { event.preventDefault(); setOver(false); take(event.dataTransfer.files) }}
          className={cx('flex w-full flex-col items-center gap-2 rounded-xl border-2 border-dashed border-line-strong bg-surface px-4 py-10 text-sm hover:border-accent', over && 'border-accent bg-soft')}
        >
          <FileUp className="size-6 text-accent" aria-hidden />
          <span className="font-medium">{t('Drop documents here, or choose them')}</span>
          <span className="text-xs text-ink-3">{t('PDF, Word, Excel, PowerPoint, EPUB, HTML, Markdown, CSV, JSON, plain text and source code.')}</span>
        </button>
        <input ref={input} type="file" multiple hidden onChange={(event) => { take(event.target.files); event.target.value = '' }} />
        {items.length > 0 && (
          <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
            {items.map((item) => (
              <li key={item.key} className="px-4 py-2.5 text-sm">
                <div className="flex items-center gap-3">
                  <Sign state={item.state} />
                  <span className="min-w-0 flex-1 truncate">{item.file.name}</span>
                  <span className="text-xs text-ink-3">{bytes(item.file.size)}</span>
                  {item.state === 'chosen' && <Button small look="quiet" onClick={() => setShown(item.file)}><Eye /> <span className="max-sm:sr-only">{t('Preview chunks')}</span></Button>}
                  {(item.state === 'chosen' || item.state === 'failed') && <IconButton label={t('Remove {name}', { name: item.file.name })} onClick={() => setItems((all) => all.filter(({ key }) => key !== item.key))}><X /></IconButton>}
                </div>
                {item.state === 'sending' && <Bar className="mt-1.5 ml-7" share={item.share} label={t('Sent')} />}
                {item.state === 'sent' && item.batch && <Indexing datasetId={id} batch={item.batch} />}
                {item.error && item.state === 'failed' && <p role="alert" className="mt-1 pl-7 text-xs text-danger">{item.error}</p>}
              </li>
            ))}
          </ul>
        )}
        {items.length > 0 && (
          <div className="flex flex-wrap justify-end gap-2">
            {left === 0 && !busy && <Link to="/knowledge/$datasetId" params={{ datasetId: id }} className={button()}>{t('To the documents')}</Link>}
            {left === 0 && !busy ? <Link to='/knowledge/$datasetId/test' params={{ datasetId: id }} className={button('primary')}>{t('Try the search')}</Link> : <Button look="primary" busy={busy} onClick={() => void start()}>{left === 1 ? t('Add the document') : t('Add {count} documents', { count: left })}</Button>}
          </div>
        )}
      </div>
      <Card className="p-4"><Rules rule={rule} form={form} onChange={setRule} /></Card>
      {shown && <ChunkPreview file={shown} rule={rule} onClose={() => setShown(undefined)} />}
    </div>
  )
}

function Sign({ state }: { state: Item['state'] }) {
  const look = 'size-4 shrink-0'
  if (state === 'sending') return <LoaderCircle className={`${look} animate-spin text-accent`} aria-label={t('Sending')} />
  if (state === 'failed') return <CircleAlert className={`${look} text-danger`} aria-label={t('Failed')} />
  return <CircleCheck className={cx(look, state === 'sent' ? 'text-accent' : 'text-line-strong')} aria-label={state === 'sent' ? t('Sent') : t('Waiting')} />
}

/** How far the server is with a document. */
function Indexing({ datasetId, batch }: { datasetId: string; batch: string }) {
  const query = useGet<{ data: Progress[] }>(`/datasets/${datasetId}/documents/${batch}/indexing-status`, {
    refetchInterval: ({ state }) => (state.data?.data.every(({ indexing_status }) => ['completed', 'error'].includes(indexing_status)) ? false : 800),
    staleTime: 0,
  })
  const progress = query.data?.data[0]
  if (!progress) return null
  if (progress.error) return <p role="alert" className="mt-1 pl-7 text-xs text-danger">{progress.error}</p>
  if (progress.indexing_status === 'completed') return <p className="mt-0.5 pl-7 text-xs text-ink-3">{t('{count} chunks, ready', { count: progress.total_segments })}</p>
  return <Bar className="mt-1.5 ml-7" share={progress.total_segments ? progress.completed_segments / progress.total_segments : 0.05} label={t('Indexing')} />
}
