import { Columns3, Eraser, Eye, RefreshCw, Sparkles } from 'lucide-react'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { post, send } from '@/api/client'
import type { App, ModelConfig } from '@/api/types'
import { TurnView } from '@/chat/answer'
import { Composer } from '@/chat/composer'
import { given, InputsForm, lacking, startInputs } from '@/chat/form'
import { Markdown } from '@/chat/markdown'
import { useTurns, type Door, type Turn } from '@/chat/turns'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Card } from '@/ui/bits'
import { Button } from '@/ui/button'
import { entries } from './fields'
import { TraceDrawer } from './trace'

const Compare = lazy(() => import('./compare').then(({ Compare: it }) => ({ default: it })))

/** The app as it stands in the editor, answering. Nothing of it is logged or counted. */
export function Preview({ app, config, onModel }: { app: App; config: ModelConfig; onModel: (model: ModelConfig['model']) => void }) {
  const form = config.user_input_form
  const chat = app.mode !== 'completion'
  const [inputs, setInputs] = useState(() => startInputs(form))
  const [comparing, setComparing] = useState(false)
  const [traced, setTraced] = useState<string>()
  const now = useRef({ config, inputs })
  useEffect(() => {
    now.current = { config, inputs }
  })
  const kind = chat ? 'chat-messages' : 'completion-messages'
  const door = useMemo<Door>(
    () => ({
      ask: (body, signal) => {
        const { config: model_config, inputs: values } = now.current
        const asked = chat ? body : {}
        return send('POST', `/apps/${app.id}/${kind}`, { ...asked, inputs: given(model_config.user_input_form, values), response_mode: 'streaming', model_config }, signal)
      },
      stop: (task) => post(`/apps/${app.id}/${kind}/${task}/stop`),
      rejoin: ({ id }, after, signal) => send('GET', `/apps/${app.id}/messages/${id}/events`, undefined, signal, { 'Last-Event-ID': String(after) }),
    }),
    [app.id, chat, kind],
  )
  const talk = useTurns(door, `edgewise-preview-${app.id}`)
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // A new conversation begins at its top.
    if (talk.turns.length) end.current?.scrollIntoView({ block: 'nearest' })
  }, [talk.turns])

  const ask = (query: string) => {
    const missing = lacking(form, inputs)
    if (missing.length) return void say(t('Fill in first: {names}', { names: missing.join(', ') }), { kind: 'bad' })
    void talk.ask(query, undefined, chat ? talk.turns : [])
  }
  const tools = (turn: Turn) => (
    <div className="mt-2 flex flex-wrap items-center gap-1 text-xs text-ink-3">
      {turn.id && <Button small look="quiet" onClick={() => setTraced(turn.id)}><Eye /> {t('What the model saw')}</Button>}
      {chat && <Button small look="quiet" onClick={() => void talk.again(turn)}><RefreshCw /> {t('Again')}</Button>}
      {turn.usage?.total_tokens != null && <span className="ml-1">{t('{count} tokens', { count: number(turn.usage.total_tokens) })}{turn.usage.latency != null && ` · ${turn.usage.latency.toFixed(1)} s`}</span>}
    </div>
  )
  return (
    <Card className="flex h-[min(46rem,calc(100dvh-9rem))] flex-col">
      <div className="flex items-center gap-2 border-b border-line px-4 py-2.5">
        <Sparkles className="size-4 text-accent" aria-hidden />
        <h2 className="font-sans text-sm font-semibold tracking-normal">{t('Preview')}</h2>
        <span className="min-w-0 flex-1 truncate text-xs text-ink-3">{t('answers as edited, before publishing')}</span>
        <Button small look="quiet" onClick={() => setComparing(true)}><Columns3 /> {t('Compare')}</Button>
        <Button small look="quiet" onClick={() => talk.begin(undefined)} disabled={!talk.turns.length}><Eraser /> {t('Clear')}</Button>
      </div>
      <div className="min-h-0 flex-1 space-y-5 overflow-y-auto p-4" tabIndex={0} role="log" aria-label={t('Preview')}>
        {entries({ user_input_form: form ?? [] }).length > 0 && (
          <details open={!chat || !talk.turns.length} className="rounded-xl border border-line p-3">
            <summary className="text-[13px] font-medium">{t('Inputs')}</summary>
            <div className="mt-3"><InputsForm form={form} inputs={inputs} onChange={setInputs} /></div>
          </details>
        )}
        {chat && config.opening_statement && <div className="text-sm"><Markdown text={config.opening_statement} /></div>}
        {chat && !talk.turns.length && <Suggestions list={config.suggested_questions ?? []} onAsk={ask} />}
        <ol className="space-y-6">{talk.turns.map((turn) => <TurnView key={turn.key} turn={turn} tools={tools(turn)} />)}</ol>
        <div ref={end} />
      </div>
      <div className="border-t border-line p-3">
        {chat ? <Composer busy={talk.busy} onAsk={ask} onStop={talk.stop} /> : talk.busy ? <Button className="w-full" onClick={talk.stop}>{t('Stop')}</Button> : <Button look="primary" className="w-full" onClick={() => ask('')}>{t('Generate')}</Button>}
      </div>
      {comparing && <Suspense><Compare app={app} config={config} onClose={() => setComparing(false)} onUse={(model) => { onModel(model); setComparing(false) }} /></Suspense>}
      {traced && <TraceDrawer appId={app.id} messageId={traced} onClose={() => setTraced(undefined)} />}
    </Card>
  )
}

export const Suggestions = ({ list, onAsk }: { list: string[]; onAsk: (query: string) => void }) => (
  <div className="flex flex-wrap gap-2">
    {list.filter((question) => question.trim()).map((question) => (
      <button key={question} type="button" onClick={() => onAsk(question)} className="rounded-full border border-line-strong bg-surface px-3 py-1.5 text-left text-[13px] text-ink-2 hover:border-accent hover:bg-soft hover:text-soft-ink">{question}</button>
    ))}
  </div>
)
