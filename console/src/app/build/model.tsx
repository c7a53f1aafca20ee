import { Cpu } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import { t } from '@/lib/i18n'
import { ModelSelect } from '@/settings/model-select'
import { Switch } from '@/ui/bits'
import { Field, Input, Range, Textarea } from '@/ui/field'
import { Part, type PartProps } from './part'

/** Parameters of language models, their ranges and where a slider starts. */
const ranges = () => [
  { name: 'temperature', label: t('Temperature'), hint: t('Low: the same answer each time. High: varied.'), min: 0, max: 2, step: 0.1, start: 0.7 },
  { name: 'top_p', label: t('Top P'), hint: t('Only the likeliest words that make up this share'), min: 0, max: 1, step: 0.05, start: 1 },
  { name: 'max_tokens', label: t('Longest answer, in tokens'), min: 1, max: 8192, step: 1, start: 512 },
  { name: 'presence_penalty', label: t('Presence penalty'), hint: t('Leads to new topics'), min: -2, max: 2, step: 0.1, start: 0 },
  { name: 'frequency_penalty', label: t('Frequency penalty'), hint: t('Avoids repetition'), min: -2, max: 2, step: 0.1, start: 0 },
]

export function ModelPart({ app, config, set }: PartProps) {
  const model = config.model ?? { provider: '', name: '', mode: 'chat', completion_params: {} }
  const params = model.completion_params ?? {}
  const change = (name: string, value: unknown) => {
    const next = { ...params }
    if (value === undefined) delete next[name]
    else next[name] = value
    set({ model: { ...model, completion_params: next } })
  }
  const memory = config.memory?.window
  return (
    <Part icon={<Cpu />} title={t('Model')} action={<Link to="/settings" className="text-[13px] font-medium text-accent hover:underline">{t('Add a model')}</Link>}>
      <ModelSelect kind="llm" value={{ provider: model.provider, model: model.name }} onChange={({ provider, model: name }) => set({ model: { ...model, provider, name } })} />
      <details className="mt-3">
        <summary className="text-[13px] font-medium text-ink-2 hover:text-ink">{t('Parameters')}</summary>
        <div className="mt-3 space-y-4">
          {ranges().map(({ name, label, hint, min, max, step, start }) => {
            const on = params[name] !== undefined
            return (
              <div key={name} className="flex gap-3">
                <span className="pt-1"><Switch label={t('Set {name}', { name: label })} on={on} onChange={(wanted) => change(name, wanted ? start : undefined)} /></span>
                <div className="flex-1">
                  {on ? <Range label={label} hint={hint} {...{ min, max, step }} value={Number(params[name])} onChange={(value) => change(name, value)} /> : <p className="py-1 text-[13px] text-ink-2">{label} <span className="text-ink-3">· {t('as the model has it')}</span></p>}
                </div>
              </div>
            )
          })}
          <Field label={t('Stop words')} hint={t('One a line, at most four')}>
            {(id) => <Textarea id={id} rows={2} value={((params.stop as string[] | undefined) ?? []).join('\n')} onChange={(event) => change('stop', event.target.value ? event.target.value.split('\n').slice(0, 4) : undefined)} />}
          </Field>
        </div>
      </details>
      {app.mode !== 'completion' && (
        <div className="mt-3 flex items-center gap-3 border-t border-line pt-3 text-[13px]">
          <Switch label={t('Limit the remembered rounds')} on={memory?.enabled ?? false} onChange={(enabled) => set({ memory: { ...config.memory, window: { enabled, size: memory?.size ?? 10 } } })} />
          <span className="flex-1 text-ink-2">{t('Limit the remembered rounds')}</span>
          {memory?.enabled && <Input aria-label={t('Rounds')} type="number" min={1} max={100} className="w-20" value={memory.size} onChange={(event) => set({ memory: { ...config.memory, window: { enabled: true, size: Number(event.target.value) || 1 } } })} />}
        </div>
      )}
    </Part>
  )
}
