import { Link } from '@tanstack/react-router'
import { BookOpenText, Check, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useGet } from '@/api/hooks'
import type { Dataset, Page } from '@/api/types'
import { t } from '@/lib/i18n'
import { Badge, Empty, Loaded, Switch } from '@/ui/bits'
import { Button, IconButton, button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Range, Select } from '@/ui/field'
import { entries } from './fields'
import { Part, type PartProps } from './part'

/** Which knowledge the app searches, and how. */
export function KnowledgePart({ app, config, set }: PartProps) {
  const [choosing, setChoosing] = useState(false)
  const query = useGet<Page<Dataset>>('/datasets?page=1&limit=100')
  const search = config.dataset_configs ?? {}
  const chosen = (search.datasets?.datasets ?? []).map(({ dataset }) => dataset.id)
  const change = (next: Partial<typeof search>) => set({ dataset_configs: { retrieval_model: 'multiple', top_k: 4, ...search, ...next } })
  const choose = (ids: string[]) => change({ datasets: { datasets: ids.map((id) => ({ dataset: { id, enabled: true } })) } })
  const byId = new Map((query.data?.data ?? []).map((dataset) => [dataset.id, dataset]))
  return (
    <Part
      icon={<BookOpenText />}
      title={t('Knowledge')}
      about={chosen.length ? '' : t('Passages of your documents that fit the question go into the prompt, and the answer cites them.')}
      action={<Button small look="quiet" onClick={() => setChoosing(true)}><Plus /> {t('Add')}</Button>}
    >
      {chosen.length > 0 && (
        <div className="space-y-3">
          <ul className="divide-y divide-line rounded-lg border border-line">
            {chosen.map((id) => (
              <li key={id} className="flex items-center gap-2 px-3 py-1.5 text-sm">
                {byId.get(id) ? <Link to="/knowledge/$datasetId" params={{ datasetId: id }} className="truncate font-medium hover:underline">{byId.get(id)?.name}</Link> : <span className="truncate text-ink-3">{query.data ? t('A knowledge base that is gone') : '…'}</span>}
                <span className="ml-auto text-xs text-ink-3">{t('{count} documents', { count: byId.get(id)?.document_count ?? 0 })}</span>
                <IconButton label={t('Remove {name}', { name: byId.get(id)?.name ?? id })} onClick={() => choose(chosen.filter((other) => other !== id))}><X /></IconButton>
              </li>
            ))}
          </ul>
          {app.mode === 'completion' && (
            <label className="flex items-center gap-3 text-[13px] font-medium">
              {t('Search with the variable')}
              <Select className="w-44" value={config.dataset_query_variable ?? ''} onChange={(event) => set({ dataset_query_variable: event.target.value })}>
                <option value="">–</option>
                {entries(config).map(({ field }) => <option key={field.variable} value={field.variable}>{field.variable}</option>)}
              </Select>
            </label>
          )}
          <details className="text-sm">
            <summary className="text-[13px] font-medium text-ink-2 hover:text-ink">{t('How to search')}</summary>
            <div className="mt-3 grid gap-4 sm:grid-cols-2">
              <Range label={t('Passages')} value={search.top_k ?? 4} min={1} max={10} step={1} onChange={(top_k) => change({ top_k })} />
              <div className="space-y-2">
                <div className="flex items-center justify-between text-[13px] font-medium">{t('Only above a score')}<Switch label={t('Only above a score')} on={search.score_threshold_enabled ?? false} onChange={(on) => change({ score_threshold_enabled: on, score_threshold: search.score_threshold ?? 0.3 })} /></div>
                {search.score_threshold_enabled && <Range label={t('Score')} value={search.score_threshold ?? 0.3} min={0} max={1} step={0.05} onChange={(score_threshold) => change({ score_threshold })} />}
              </div>
            </div>
          </details>
        </div>
      )}
      {choosing && (
        <Dialog open onClose={() => setChoosing(false)} title={t('Add knowledge')}>
          <Loaded query={query}>
            {({ data }) =>
              data.length === 0 ? (
                <Empty icon={<BookOpenText />} title={t('No knowledge so far')} action={<Link to="/knowledge" className={button('primary')}>{t('Add documents')}</Link>} />
              ) : (
                <ul className="space-y-2">
                  {data.map((dataset) => {
                    const on = chosen.includes(dataset.id)
                    return (
                      <li key={dataset.id}>
                        <button type="button" aria-pressed={on} onClick={() => choose(on ? chosen.filter((id) => id !== dataset.id) : [...chosen, dataset.id])} className="flex w-full items-center gap-3 rounded-lg border border-line-strong px-3 py-2.5 text-left text-sm hover:bg-sunken aria-pressed:border-accent aria-pressed:bg-soft">
                          <span className="min-w-0 flex-1"><span className="block truncate font-medium">{dataset.name}</span><span className="text-xs text-ink-3">{t('{count} documents', { count: dataset.document_count })}</span></span>
                          {!dataset.embedding_available && <Badge tone="warn">{t('Its embedding model is gone')}</Badge>}
                          {on && <Check className="size-4 text-accent" aria-hidden />}
                        </button>
                      </li>
                    )
                  })}
                </ul>
              )
            }
          </Loaded>
          <div className="mt-4 flex justify-end"><Button look="primary" onClick={() => setChoosing(false)}>{t('Done')}</Button></div>
        </Dialog>
      )}
    </Part>
  )
}
