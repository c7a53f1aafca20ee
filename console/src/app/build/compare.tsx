import { Columns3, Plus, SlidersHorizontal, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { post, send } from '@/api/client'
import type { App, ModelConfig } from '@/api/types'
import { TurnView } from '@/chat/answer'
import { Composer } from '@/chat/composer'
import { given, InputsForm, lacking, startInputs, type Inputs } from '@/chat/form'
import { useTurns, type Door, type Turn } from '@/chat/turns'
import { money, number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { ModelSelect, useModels } from '@/settings/model-select'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Range } from '@/ui/field'
import { entries } from './fields'

const MOST = 4

type Model = NonNullable<ModelConfig['model']>
interface Slot { key: number; model: Model }
/** One question for all columns; the number tells it from the one before. */
interface Asked { number: number; query: string; inputs: Inputs }

interface Props { app: App; config: ModelConfig; onClose: () => void; onUse: (model: Model) => void }

/** The same question to several models, each with its own parameters, beside each other. */
export function Compare({ app, config, onClose, onUse }: Props) {
  const models = useModels('llm')
  const first: Model = config.model ?? { provider: '', name: '', mode: 'chat', completion_params: {} }
  const [slots, setSlots] = useState<Slot[]>([{ key: 1, model: first }])
  const [asked, setAsked] = useState<Asked>()
  const [inputs, setInputs] = useState(() => startInputs(config.user_input_form))
  const [busy, setBusy] = useState<number[]>([])
  const [stop, setStop] = useState(0)
  const next = useRef(2)
  const chat = app.mode !== 'completion'
  const add = () => {
    // Another model than those that are here, if there is one.
    const other = models.find(({ provider, model }) => !slots.some((slot) => slot.model.provider === provider && slot.model.name === model))
    setSlots([...slots, { key: next.current++, model: { ...first, ...(other && { provider: other.provider, name: other.model }) } }])
  }
  // Two from the start, as soon as it is known which there are.
  const begun = useRef(false)
  useEffect(() => {
    if (begun.current || models.length === 0) return
    begun.current = true
    add()
  })
  const ask = (query: string) => {
    const missing = lacking(config.user_input_form, inputs)
    if (missing.length) return void say(t('Fill in first: {names}', { names: missing.join(', ') }), { kind: 'bad' })
    setAsked({ number: (asked?.number ?? 0) + 1, query, inputs })
  }
  const form = entries({ user_input_form: config.user_input_form ?? [] }).length > 0
  return (
    <Dialog open onClose={onClose} as="full" title={t('Models side by side')} about={t('Each is asked the same, with the prompt as edited. Nothing is logged or counted.')}>
      <div className="flex h-full min-h-0 flex-col gap-3">
        <div className="flex min-h-0 flex-1 snap-x gap-3 overflow-x-auto pb-1" tabIndex={0} role="group" aria-label={t('Models side by side')}>
          {slots.map((slot) => (
            <Column
              key={slot.key}
              {...{ app, config, slot, asked, stop }}
              onModel={(model) => setSlots((all) => all.map((one) => (one.key === slot.key ? { ...one, model } : one)))}
              onDrop={slots.length > 1 ? () => setSlots((all) => all.filter(({ key }) => key !== slot.key)) : undefined}
              onBusy={(on) => setBusy((all) => (on ? [...all, slot.key] : all.filter((key) => key !== slot.key)))}
              onUse={() => onUse(slot.model)}
            />
          ))}
          {slots.length < MOST && (
            <button type="button" onClick={add} className="grid w-14 shrink-0 snap-start place-items-center rounded-xl border border-dashed border-line-strong text-ink-3 hover:border-accent hover:bg-soft hover:text-soft-ink" aria-label={t('One more model')} title={t('One more model')}><Plus className="size-5" /></button>
          )}
        </div>
        <div className="mx-auto w-full max-w-3xl space-y-3">
          {form && <details open={!asked} className="max-h-56 overflow-y-auto rounded-xl border border-line bg-surface p-3"><summary className="text-[13px] font-medium">{t('Inputs')}</summary><div className="mt-3"><InputsForm form={config.user_input_form} inputs={inputs} onChange={setInputs} /></div></details>}
          {chat ? <Composer busy={busy.length > 0} onAsk={ask} onStop={() => setStop((count) => count + 1)} /> : <Button look="primary" className="w-full" busy={busy.length > 0} onClick={() => ask('')}><Columns3 /> {t('Generate')}</Button>}
        </div>
      </div>
    </Dialog>
  )
}

interface ColumnProps { app: App; config: ModelConfig; slot: Slot; asked: Asked | undefined; stop: number; onModel: (model: Model) => void; onDrop: (() => void) | undefined; onBusy: (busy: boolean) => void; onUse: () => void }

function Column({ app, config, slot: { model }, asked, stop, onModel, onDrop, onBusy, onUse }: ColumnProps) {
  const chat = app.mode !== 'completion'
  const kind = chat ? 'chat-messages' : 'completion-messages'
  const now = useRef({ config, model, inputs: asked?.inputs ?? {} })
  now.current = { config, model, inputs: asked?.inputs ?? {} }
  const door = useMemo<Door>(
    () => ({
      ask: (body, signal) => {
        const { config: edited, model: mine, inputs } = now.current
        return send('POST', `/apps/${app.id}/${kind}`, { ...(chat ? body : {}), inputs: given(edited.user_input_form, inputs), response_mode: 'streaming', model_config: { ...edited, model: mine } }, signal)
      },
      stop: (task) => post(`/apps/${app.id}/${kind}/${task}/stop`),
    }),
    [app.id, chat, kind],
  )
  const talk = useTurns(door)
  const done = useRef(asked?.number ?? 0)
  useEffect(() => {
    if (!asked || asked.number === done.current) return
    done.current = asked.number
    onBusy(true)
    void talk.ask(asked.query, undefined, chat ? talk.turns : []).finally(() => onBusy(false))
    // Only a new question asks.
    // eslint-disable-next-line
  }, [asked])
  const stopped = useRef(stop)
  useEffect(() => {
    if (stop === stopped.current) return
    stopped.current = stop
    talk.stop()
    // As above.
    // eslint-disable-next-line
  }, [stop])
  const params = model.completion_params ?? {}
  const change = (name: string, value: number) => onModel({ ...model, completion_params: { ...params, [name]: value } })
  return (
    <section aria-label={`${model.provider} / ${model.name}`} className="flex min-w-64 flex-1 snap-start flex-col rounded-xl border border-line bg-surface max-sm:min-w-[85%]">
      <header className="space-y-2 border-b border-line p-3">
        <div className="flex items-center gap-1.5">
          <ModelSelect kind="llm" value={{ provider: model.provider, model: model.name }} onChange={({ provider, model: name }) => onModel({ ...model, provider, name })} />
          {onDrop && <IconButton label={t('Remove {name}', { name: model.name })} onClick={onDrop}><X /></IconButton>}
        </div>
        <details>
          <summary className="flex items-center gap-1.5 text-xs text-ink-2 hover:text-ink"><SlidersHorizontal className="size-3.5" aria-hidden /> {t('Parameters')}</summary>
          <div className="mt-2.5 space-y-3">
            <Range label={t('Temperature')} min={0} max={2} step={0.1} value={Number(params.temperature ?? 0.7)} onChange={(value) => change('temperature', value)} />
            <Range label={t('Top P')} min={0} max={1} step={0.05} value={Number(params.top_p ?? 1)} onChange={(value) => change('top_p', value)} />
            <Range label={t('Longest answer, in tokens')} min={1} max={8192} step={1} value={Number(params.max_tokens ?? 512)} onChange={(value) => change('max_tokens', value)} />
            <Button small onClick={onUse}>{t('Use this model')}</Button>
          </div>
        </details>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto p-3" tabIndex={0} role="log" aria-label={model.name}>
        {talk.turns.length === 0 && <p className="pt-6 text-center text-[13px] text-ink-3">{t('The answer appears here.')}</p>}
        <ol className="space-y-6">{talk.turns.map((turn) => <TurnView key={turn.key} turn={turn} tools={<Cost turn={turn} />} />)}</ol>
      </div>
    </section>
  )
}

/** What an answer took: tokens, the time to its first word and to its end, money where a price is known. */
function Cost({ turn: { usage, firstMs } }: { turn: Turn }) {
  const price = Number(usage?.total_price ?? 0)
  const facts = [
    usage?.total_tokens != null && t('{count} tokens', { count: number(usage.total_tokens) }),
    firstMs != null && t('first word after {time}', { time: `${(firstMs / 1000).toFixed(2)} s` }),
    usage?.latency != null && `${usage.latency.toFixed(1)} s`,
    price > 0 && money(String(price), usage?.currency ?? 'USD'),
  ]
  return <p className="mt-2 text-xs text-ink-3">{facts.filter(Boolean).join(' · ')}</p>
}
