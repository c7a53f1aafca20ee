import type { RetrievalModel } from '@/api/types'
import { t } from '@/lib/i18n'
import { Switch } from '@/ui/bits'
import { Field, Range, Select } from '@/ui/field'

/** How a knowledge base is searched. */
export function SearchSettings({ model, onChange }: { model: RetrievalModel; onChange: (model: RetrievalModel) => void }) {
  const set = (change: Partial<RetrievalModel>) => onChange({ ...model, ...change })
  const methods: Record<string, string> = { semantic_search: t('By meaning'), full_text_search: t('By words'), hybrid_search: t('By both') }
  return (
    <div className="space-y-4">
      <Field label={t('Search')}>
        {(id) => <Select id={id} value={model.search_method} onChange={(event) => set({ search_method: event.target.value as RetrievalModel['search_method'] })}>{Object.entries({ [model.search_method]: model.search_method, ...methods }).map(([value, name]) => <option key={value} value={value}>{name}</option>)}</Select>}
      </Field>
      <Range label={t('Passages')} value={model.top_k} min={1} max={10} step={1} onChange={(top_k) => set({ top_k })} />
      <div className="flex items-center justify-between text-[13px] font-medium">{t('Only above a score')}<Switch label={t('Only above a score')} on={model.score_threshold_enabled} onChange={(on) => set({ score_threshold_enabled: on, score_threshold: model.score_threshold ?? 0.3 })} /></div>
      {model.score_threshold_enabled && <Range label={t('Score')} value={model.score_threshold ?? 0.3} min={0} max={1} step={0.05} onChange={(score_threshold) => set({ score_threshold })} />}
    </div>
  )
}
