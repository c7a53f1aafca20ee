import { FileText, Search } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { post } from '@/api/client'
import { useAction } from '@/api/hooks'
import type { Dataset, Hit, RetrievalModel } from '@/api/types'
import { percent } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge, Card, Loaded } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Textarea } from '@/ui/field'
import { useDataset } from './layout'
import { Pieces } from './pieces'
import { SearchSettings } from './search'

/** A question, and what would be found for it. */
export function HitTest() {
  const { query } = useDataset()
  return <Loaded query={query}>{(dataset) => <Test key={dataset.id} dataset={dataset} />}</Loaded>
}

function Test({ dataset }: { dataset: Dataset }) {
  const [text, setText] = useState('')
  const [model, setModel] = useState<RetrievalModel>(dataset.retrieval_model_dict)
  const [hits, setHits] = useState<Hit[]>()
  const search = useAction(async () => {
    const { records } = await post<{ records: Hit[] }>(`/datasets/${dataset.id}/hit-testing`, { query: text, retrieval_model: model })
    setHits(records)
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void search.run()
  }
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[20rem_1fr]">
      <form onSubmit={submit} className="space-y-4">
        <Card className="space-y-4 p-4">
          <Textarea aria-label={t('Question')} required maxLength={250} rows={3} placeholder={t('What would people ask?')} value={text} onChange={(event) => setText(event.target.value)} />
          <SearchSettings model={model} onChange={setModel} />
          <Button type="submit" look="primary" className="w-full" busy={search.busy}><Search /> {t('Search')}</Button>
        </Card>
      </form>
      <div aria-live="polite">
        {!hits && <p className="py-16 text-center text-sm text-ink-3">{t('Ask as people would; you see which passages an app would be given, and how well they fit.')}</p>}
        {hits?.length === 0 && <p className="py-16 text-center text-sm text-ink-3">{t('Nothing fitted the question.')}</p>}
        <ol className="space-y-3">
          {hits?.map(({ segment, score, child_chunks }) => (
            <li key={segment.id} className="rounded-xl border border-line bg-surface p-4">
              <div className="mb-2 flex items-center gap-2 text-xs text-ink-2">
                <FileText className="size-3.5 shrink-0" aria-hidden />
                <span className="min-w-0 truncate">{segment.document?.name}</span>
                <span className="text-ink-3">#{segment.position}</span>
                <span className="ml-auto flex items-center gap-2">
                  <span aria-hidden className="h-1.5 w-20 overflow-hidden rounded-full bg-sunken"><span className="block h-full rounded-full bg-accent" style={{ width: `${Math.max(0, Math.min(1, score ?? 0)) * 100}%` }} /></span>
                  <Badge tone="good">{percent(score)}</Badge>
                </span>
              </div>
              <p className="text-sm break-words whitespace-pre-wrap">{segment.content}</p>
              <Pieces texts={child_chunks.map(({ content }) => content)} />
            </li>
          ))}
        </ol>
      </div>
    </div>
  )
}
