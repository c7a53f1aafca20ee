import { useGet } from '@/api/hooks'
import type { ProviderModels } from '@/api/types'
import { t } from '@/lib/i18n'
import { Select } from '@/ui/field'

/** Models of a kind, of all providers. */
export function useModels(kind: string) {
  const query = useGet<{ data: ProviderModels[] }>(`/workspaces/current/models/model-types/${kind}`)
  return (query.data?.data ?? []).flatMap(({ provider, models }) => models.map(({ model }) => ({ provider, model })))
}

export interface Choice { provider: string; model: string }

interface Props { id?: string; kind: string; value: Choice | undefined; onChange: (value: Choice) => void; none?: string }

export function ModelSelect({ id, kind, value, onChange, none }: Props) {
  const models = useModels(kind)
  const key = value?.model ? `${value.provider}\n${value.model}` : ''
  const known = models.some(({ provider, model }) => `${provider}\n${model}` === key)
  const choose = (chosen: string) => {
    const [provider = '', model = ''] = chosen.split('\n')
    onChange({ provider, model })
  }
  return (
    <Select id={id} {...(!id && { 'aria-label': t('Model') })} value={key} onChange={(event) => choose(event.target.value)}>
      {(!key || none) && <option value="">{none ?? t('Choose a model')}</option>}
      {key && !known && <option value={key}>{value?.provider} / {value?.model}</option>}
      {models.map(({ provider, model }) => <option key={`${provider}/${model}`} value={`${provider}\n${model}`}>{provider} / {model}</option>)}
    </Select>
  )
}
