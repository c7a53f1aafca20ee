import { useState, type FormEvent } from 'react'
import { patch } from '@/api/client'
import { refresh, useAction } from '@/api/hooks'
import type { Dataset } from '@/api/types'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Card, Loaded } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Field, Input, Textarea } from '@/ui/field'
import { useDataset } from './layout'
import { SearchSettings } from './search'

export function DatasetSettings() {
  const { query } = useDataset()
  return <Loaded query={query}>{(dataset) => <Form key={dataset.id} dataset={dataset} />}</Loaded>
}

function Form({ dataset }: { dataset: Dataset }) {
  const [name, setName] = useState(dataset.name)
  const [description, setDescription] = useState(dataset.description)
  const [model, setModel] = useState(dataset.retrieval_model_dict)
  const { run, busy, field } = useAction(async () => {
    await patch(`/datasets/${dataset.id}`, { name, description, retrieval_model: model })
    await refresh('/datasets')
    say(t('Saved'))
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <Card className="mx-auto max-w-xl p-5">
      <form onSubmit={submit} className="space-y-4">
        <Field label={t('Name')}>{(id) => <Input id={id} required maxLength={40} aria-invalid={field === 'name'} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <Field label={t('Description')}>{(id) => <Textarea id={id} rows={2} maxLength={400} value={description} onChange={(event) => setDescription(event.target.value)} />}</Field>
        {dataset.embedding_model && <p className="text-[13px] text-ink-2">{t('Embedding model')}: <code className="font-mono text-xs">{dataset.embedding_model_provider} / {dataset.embedding_model}</code></p>}
        <SearchSettings model={model} onChange={setModel} />
        <div className="flex justify-end"><Button type="submit" look="primary" busy={busy}>{t('Save')}</Button></div>
      </form>
    </Card>
  )
}
