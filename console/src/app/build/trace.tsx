import type { ReactNode } from 'react'
import { useGet } from '@/api/hooks'
import type { Trace, TraceHit } from '@/api/types'
import { number, percent } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge, Loaded } from '@/ui/bits'
import { Dialog } from '@/ui/dialog'

/** What the model saw: the prompt as it was sent, what was found, and where the time went. */
export function TraceDrawer({ appId, messageId, onClose }: { appId: string; messageId: string; onClose: () => void }) {
  const query = useGet<Trace>(`/apps/${appId}/messages/${messageId}/trace`, { staleTime: Infinity })
  return (
    <Dialog open onClose={onClose} as="side" title={t('What the model saw')}>
      <Loaded query={query}>{(trace) => <TraceView trace={trace} />}</Loaded>
    </Dialog>
  )
}

export function TraceView({ trace }: { trace: Trace }) {
  const window = trace.context_window ? ` / ${number(trace.context_window)}` : ''
  return (
    <div className="space-y-6">
      {trace.source !== 'model' && <p className="rounded-lg bg-warn-soft p-3 text-sm text-warn">{trace.source === 'annotation' ? t('A prepared answer was given; no model was asked.') : t('Moderation answered; no model was asked.')}</p>}
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 text-sm sm:grid-cols-3">
        {trace.model && <Fact name={t('Model')}>{trace.model.name}</Fact>}
        <Fact name={t('Prompt')}>{number(trace.prompt_tokens)}{window} {t('tokens')}{trace.estimated && ` (${t('estimated')})`}</Fact>
        <Fact name={t('Answer')}>{number(trace.completion_tokens)} {t('tokens')}</Fact>
        <Fact name={t('Remembered rounds')}>{trace.history_rounds}</Fact>
        <Fact name={t('Passages used')}>{trace.passages_used}</Fact>
      </dl>
      {trace.timing && <Waterfall timing={trace.timing} />}
      {trace.prompt.length > 0 && (
        <Block title={t('The prompt')}>
          {trace.prompt.map((message, index) => (
            <div key={index} className="overflow-hidden rounded-lg border border-line">
              <p className="border-b border-line bg-sunken px-3 py-1 font-mono text-xs text-ink-2">{message.role}</p>
              <p className="max-h-96 overflow-auto px-3 py-2 text-[13px] break-words whitespace-pre-wrap" tabIndex={0}>{message.text}</p>
            </div>
          ))}
        </Block>
      )}
      {trace.retrieval && (
        <Block title={t('What was found')}>
          <p className="text-[13px] text-ink-2">{t('Searched for')}: <q>{trace.retrieval.query}</q></p>
          {trace.retrieval.hits.map((hit) => <HitRow key={hit.position} hit={hit} />)}
          {trace.retrieval.hits.length === 0 && <p className="text-sm text-ink-3">{t('Nothing fitted the question.')}</p>}
        </Block>
      )}
      {Object.keys(trace.parameters ?? {}).length > 0 && <Block title={t('Parameters')}><pre className="overflow-auto rounded-lg bg-sunken p-3 font-mono text-xs" tabIndex={0}>{JSON.stringify(trace.parameters, null, 2)}</pre></Block>}
    </div>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => <div className="min-w-0"><dt className="text-xs text-ink-3">{name}</dt><dd className="break-words">{children}</dd></div>

const Block = ({ title, children }: { title: string; children: ReactNode }) => <section className="space-y-2"><h3 className="text-sm font-semibold">{title}</h3>{children}</section>

function HitRow({ hit }: { hit: TraceHit }) {
  return (
    <details className="rounded-lg border border-line px-3 py-2 text-[13px]">
      <summary className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate">{hit.document_name} <span className="text-ink-3">#{hit.segment_position}</span></span>
        {hit.used ? <Badge tone="good">{t('in the prompt')}</Badge> : <Badge>{t('left out')}</Badge>}
        <span className="font-mono text-xs">{percent(hit.score)}</span>
      </summary>
      <p className="mt-2 break-words whitespace-pre-wrap text-ink-2">{hit.content}</p>
    </details>
  )
}

/** Where the time of an answer went, one bar after the other. A model's times begin when it is asked, after the gathering. */
function Waterfall({ timing }: { timing: NonNullable<Trace['timing']> }) {
  const gather = timing.gather_ms ?? 0
  const total = Math.max(gather + (timing.total_ms ?? 0), 1)
  const first = timing.first_token_ms == null ? total : gather + timing.first_token_ms
  const steps = [
    { name: t('Gathering'), from: 0, to: gather },
    { name: t('To the first word'), from: gather, to: first },
    { name: t('Writing'), from: first, to: total },
  ]
  return (
    <Block title={t('Time')}>
      <ul className="space-y-1.5 text-xs">
        {steps.map(({ name, from, to }) => (
          <li key={name} className="grid grid-cols-[8.5rem_1fr_4.5rem] items-center gap-2">
            <span className="text-ink-2">{name}</span>
            <span className="relative h-2.5 rounded-full bg-sunken"><span className="absolute inset-y-0 min-w-0.5 rounded-full bg-accent" style={{ left: `${(from / total) * 100}%`, width: `${(Math.max(to - from, 0) / total) * 100}%` }} /></span>
            <span className="text-right">{number(Math.max(to - from, 0))} ms</span>
          </li>
        ))}
      </ul>
      {timing.retrieval_ms != null && <p className="text-xs text-ink-3">{t('Search took {time} ms of gathering', { time: number(timing.retrieval_ms) })}</p>}
    </Block>
  )
}
