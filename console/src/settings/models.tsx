import { useMay } from '@/api/role'
import { Cpu, Pencil, Plus, Server, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { post, remove } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { DefaultModel, Provider } from '@/api/types'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Badge, Card, Loaded } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Field } from '@/ui/field'
import { LocalModels, useLocal } from './local'
import { ModelSelect } from './model-select'
import { ProviderDialog } from './provider'

const MODELS = '/workspaces/current'

export const kindNames = (): Record<string, string> => ({ llm: t('Language'), 'text-embedding': t('Embedding'), rerank: t('Reranking') })

export function ModelsPage() {
  const query = useGet<{ data: Provider[] }>(`${MODELS}/model-providers`)
  const local = useLocal()
  const mayManage = useMay('admin')
  const [open, setOpen] = useState<Provider | 'new'>()
  const drop = useAction(async (provider: Provider) => {
    await remove(`${MODELS}/model-providers/${provider.provider}/credentials`)
    await refresh(MODELS)
    say(t('{name} was removed', { name: provider.provider }))
  })
  return (
    <>
      {mayManage && <Card className="p-5">
        <h2 className="text-xl">{t('Default models')}</h2>
        <p className="mt-0.5 mb-4 text-sm text-ink-2">{t('What new apps and new knowledge begin with.')}</p>
        <div className="grid gap-4 sm:grid-cols-2"><Default kind="llm" label={t('Language')} /><Default kind="text-embedding" label={t('Embedding')} /></div>
      </Card>}
      {local.length > 0 && (
        <Card className="p-5">
          <h2 className="text-xl">{t('Models on this server')}</h2>
          <p className="mt-0.5 mb-2 text-sm text-ink-2">{t('They run in the server itself: nothing leaves it, and no key is needed.')}</p>
          <LocalModels models={local} />
        </Card>
      )}
      <Card className="p-5">
        <div className="mb-4 flex items-center justify-between gap-3">
          <h2 className="text-xl">{t('Providers')}</h2>
          {mayManage && <Button look="primary" onClick={() => setOpen('new')}><Plus /> {t('Add a provider')}</Button>}
        </div>
        <Loaded query={query}>
          {({ data }) => (
            <ul className="divide-y divide-line">
              {data.map((provider) => <Row key={provider.provider} fixed={!mayManage} provider={provider} onEdit={() => setOpen(provider)} onDrop={() => void drop.run(provider)} />)}
            </ul>
          )}
        </Loaded>
      </Card>
      {open && <ProviderDialog provider={open === 'new' ? undefined : open} onClose={() => setOpen(undefined)} />}
    </>
  )
}

function Row({ provider, fixed, onEdit, onDrop }: { provider: Provider; fixed: boolean; onEdit: () => void; onDrop: () => void }) {
  const local = !provider.base_url
  const { data } = useGet<{ data: { model: string; model_type: string }[] }>(`${MODELS}/model-providers/${provider.provider}/models`)
  return (
    <li className="flex items-start gap-3 py-3">
      <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-soft text-soft-ink [&_svg]:size-4.5">{local ? <Cpu aria-hidden /> : <Server aria-hidden />}</span>
      <div className="min-w-0 flex-1">
        <p className="text-sm font-semibold">{provider.provider} {local && <Badge tone="good">{t('on this server')}</Badge>}</p>
        {provider.base_url && <p className="truncate font-mono text-xs text-ink-3">{provider.base_url}</p>}
        <p className="mt-1.5 flex flex-wrap gap-1.5">{(data?.data ?? []).map(({ model, model_type }) => <Badge key={`${model}${model_type}`}>{model} · {kindNames()[model_type] ?? model_type}</Badge>)}</p>
      </div>
      {!local && !fixed && <span className="flex"><IconButton label={t('Change {name}', { name: provider.provider })} onClick={onEdit}><Pencil /></IconButton><IconButton label={t('Remove {name}', { name: provider.provider })} onClick={onDrop}><Trash2 /></IconButton></span>}
    </li>
  )
}

function Default({ kind, label }: { kind: string; label: string }) {
  const path = `${MODELS}/default-model?model_type=${kind}`
  const { data } = useGet<DefaultModel>(path)
  const save = useAction(async (provider: string, model: string) => {
    await post(`${MODELS}/default-model`, { model_settings: [{ model_type: kind, provider, model }] })
    await refresh(path)
    say(t('Saved'))
  })
  const chosen = data?.data
  return (
    <Field label={label}>
      {(id) => <ModelSelect id={id} kind={kind} value={chosen ? { provider: chosen.provider.provider, model: chosen.model } : undefined} onChange={({ provider, model }) => void save.run(provider, model)} />}
    </Field>
  )
}
