import { Plus, X } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { post } from '@/api/client'
import { refresh, useAction } from '@/api/hooks'
import type { Provider } from '@/api/types'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Problem } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Input, Select } from '@/ui/field'
import { kindNames } from './models'

type Offer = NonNullable<Provider['models']>[number]
type Pricing = NonNullable<Offer['pricing']>

/** Prices are for a million tokens, as nearly all services say them. */
const FREE: Pricing = { input: '', output: '', unit: '0.000001', currency: 'USD' }

/** An offer as it is kept: without a price where none is entered. */
function priced({ pricing, ...offer }: Offer): Offer {
  const entered = pricing && (pricing.input.trim() || pricing.output.trim())
  return entered ? { ...offer, pricing: { ...pricing, input: pricing.input.trim() || '0', output: pricing.output.trim() || '0' } } : offer
}

/** Well-known places, to fill in the address. */
const PLACES: Record<string, string> = { openai: 'https://api.openai.com/v1', deepseek: 'https://api.deepseek.com/v1', openrouter: 'https://openrouter.ai/api/v1', ollama: 'http://127.0.0.1:11434/v1' }

/** A provider's address, key and models. The key is tried before anything is kept. */
export function ProviderDialog({ provider, onClose }: { provider: Provider | undefined; onClose: () => void }) {
  const known = provider?.models ?? []
  const [name, setName] = useState(provider?.provider ?? '')
  const [url, setUrl] = useState(provider?.base_url ?? '')
  const [key, setKey] = useState(provider ? '[__HIDDEN__]' : '')
  const [models, setModels] = useState<Offer[]>(known.length ? known : [{ model: '', model_type: 'llm' }])
  const { run, busy, field, problem } = useAction(async () => {
    await post(`/workspaces/current/model-providers/${name}/credentials`, {
      dialect: provider?.dialect ?? 'openai',
      credentials: { base_url: url, api_key: key },
      models: models.filter(({ model }) => model.trim()).map(priced),
      validate: true,
    })
    await refresh('/workspaces/current')
    say(t('{name} answers and is ready', { name }))
    onClose()
  }, { quiet: true })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  const edit = (at: number, change: Partial<Offer>) => setModels(models.map((offer, index) => (index === at ? { ...offer, ...change } : offer)))
  return (
    <Dialog open onClose={onClose} title={provider ? provider.provider : t('Add a provider')} about={t('Any service that speaks the OpenAI API. The key is tried, then kept encrypted.')} wide>
      <form onSubmit={submit} className="space-y-4">
        {!provider && (
          <Field label={t('Name')} hint={t('A short name, such as openai')}>
            {(id) => <Input id={id} required autoFocus list={`${id}-places`} pattern="[A-Za-z0-9_\-\/]+" value={name} onChange={(event) => { setName(event.target.value); const place = PLACES[event.target.value]; if (place && !url) setUrl(place) }} />}
          </Field>
        )}
        <Field label={t('Address')}>{(id) => <Input id={id} required type="url" placeholder="https://api.openai.com/v1" aria-invalid={field === 'base_url'} value={url} onChange={(event) => setUrl(event.target.value)} />}</Field>
        <Field label={t('API key')} hint={provider ? t('Leave it to keep the present one') : ''}>{(id) => <Input id={id} type="password" autoComplete="off" aria-invalid={field === 'api_key'} value={key} onChange={(event) => setKey(event.target.value)} />}</Field>
        <fieldset className="space-y-2">
          <legend className="text-[13px] font-medium">{t('Models')}</legend>
          {models.map((offer, at) => (
            <div key={at} className="space-y-1.5">
              <div className="flex gap-2">
                <Input aria-label={t('Model')} required={at === 0} placeholder="gpt-4o-mini" value={offer.model} onChange={(event) => edit(at, { model: event.target.value })} />
                <Select aria-label={t('Kind')} className="w-40" value={offer.model_type} onChange={(event) => edit(at, { model_type: event.target.value as Offer['model_type'] })}>{Object.entries(kindNames()).map(([value, label]) => <option key={value} value={value}>{label}</option>)}</Select>
                <IconButton label={t('Remove {name}', { name: offer.model })} onClick={() => setModels(models.filter((_, index) => index !== at))}><X /></IconButton>
              </div>
              <PriceFields pricing={offer.pricing} onChange={(pricing) => edit(at, { pricing })} />
            </div>
          ))}
          <Button small look="quiet" onClick={() => setModels([...models, { model: '', model_type: 'llm' }])}><Plus /> {t('One more')}</Button>
        </fieldset>
        {problem && <Problem>{problem}</Problem>}
        <div className="flex justify-end gap-2"><Button onClick={onClose}>{t('Cancel')}</Button><Button type="submit" look="primary" busy={busy}>{t('Try and save')}</Button></div>
      </form>
    </Dialog>
  )
}

/** What a model costs, folded up until somebody wants to say it. */
function PriceFields({ pricing, onChange }: { pricing: Pricing | null | undefined; onChange: (pricing: Pricing) => void }) {
  const price = pricing ?? FREE
  const known = price.input || price.output
  const count = number(1 / Number(price.unit))
  const set = (change: Partial<Pricing>) => onChange({ ...price, ...change })
  return (
    <details className="text-[13px] text-ink-2">
      <summary className="cursor-pointer">{t('Price')}{known ? `: ${price.input || 0} / ${price.output || 0} ${price.currency}` : ''}</summary>
      <div className="mt-1.5 grid grid-cols-3 gap-2">
        <Field label={t('Read')}>{(id) => <Input id={id} inputMode="decimal" pattern="[0-9]+(\.[0-9]+)?" placeholder="0.15" value={price.input} onChange={(event) => set({ input: event.target.value })} />}</Field>
        <Field label={t('Written')}>{(id) => <Input id={id} inputMode="decimal" pattern="[0-9]+(\.[0-9]+)?" placeholder="0.60" value={price.output} onChange={(event) => set({ output: event.target.value })} />}</Field>
        <Field label={t('Currency')}>{(id) => <Input id={id} required pattern="[A-Z]{3}" maxLength={3} value={price.currency} onChange={(event) => set({ currency: event.target.value.toUpperCase() })} />}</Field>
      </div>
      <p className="mt-1 text-xs text-ink-3">{t('For {count} tokens. Empty: what is generally known of the model, if anything.', { count })}</p>
    </details>
  )
}
