import { Check, CircleAlert, CircleDashed, LoaderCircle, Square } from 'lucide-react'
import { Asks } from '@/chat/asks'
import { CopyButton } from '@/chat/code'
import { Markdown } from '@/chat/markdown'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge, Problem } from '@/ui/bits'
import { isOver, type Run, type Step } from './run'

export const TONES = { running: 'warn', paused: 'warn', succeeded: 'good', 'partial-succeeded': 'warn', failed: 'bad', stopped: 'plain' } as const
export const names = () => ({ running: t('Running'), paused: t('Waits for somebody'), succeeded: t('Done'), 'partial-succeeded': t('Done, with errors'), failed: t('Failed'), stopped: t('Stopped') })

export const seconds = (value: number | undefined) =>
  value === undefined ? '' : value < 1 ? t('{count} ms', { count: number(Math.round(value * 1000)) }) : t('{count} s', { count: number(Math.round(value * 10) / 10) })

/** The only text of a result, if it is nothing else. */
const only = (outputs: Record<string, unknown>) => {
  const values = Object.values(outputs)
  return values.length === 1 && typeof values[0] === 'string' ? values[0] : undefined
}

/** A result as a text. */
export const resultText = (outputs: Record<string, unknown>) => only(outputs) ?? JSON.stringify(outputs, undefined, 2)

/** What a run does, and what it came to. */
export function RunView({ run }: { run: Run }) {
  const over = isOver(run)
  const failed = run.steps.filter(({ state }) => state === 'failed').length
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-3" role="status">
        <Badge tone={TONES[run.state]}>{names()[run.state]}</Badge>
        {over && run.seconds !== undefined && <span>{seconds(run.seconds)}</span>}
        {!!run.tokens && <span>{t('{count} tokens', { count: number(run.tokens) })}</span>}
        {run.cut && <span><span className="blink">●</span> {t('The line is gone; trying again…')}</span>}
      </div>
      {run.steps.length > 0 && (
        <details open={!over || failed > 0} className="rounded-lg border border-line bg-sunken px-3 py-2 text-[13px] text-ink-2">
          <summary className="font-medium">{run.steps.length === 1 ? t('One step') : t('{count} steps', { count: run.steps.length })}</summary>
          <ol aria-label={t('Steps')} className="mt-2 space-y-1.5">{run.steps.map((step) => <StepRow key={step.id} step={step} />)}</ol>
        </details>
      )}
      <Asks list={run.asks} />
      {run.error && <Problem>{run.error}</Problem>}
      {!run.outputs && run.text && <div className="text-sm"><Markdown text={run.text} /></div>}
      {run.outputs && <Result outputs={run.outputs} />}
    </div>
  )
}

const MARKS = { running: LoaderCircle, succeeded: Check, failed: CircleAlert, exception: CircleAlert, stopped: Square }

function StepRow({ step }: { step: Step }) {
  const Mark = MARKS[step.state] ?? CircleDashed
  const words = { running: t('Running'), succeeded: t('Done'), failed: t('Failed'), exception: t('Failed'), stopped: t('Stopped') }
  const look = step.state === 'running' ? 'animate-spin text-accent' : step.state === 'succeeded' ? 'text-accent' : step.state === 'stopped' ? 'text-ink-3' : 'text-danger'
  return (
    <li>
      <p className="flex items-center gap-2">
        <Mark className={`size-3.5 shrink-0 ${look}`} role="img" aria-label={words[step.state]} />
        <span className="min-w-0 flex-1 truncate text-ink">{step.title}</span>
        {step.rounds !== undefined && <span className="text-xs text-ink-3">{t('{count} rounds', { count: step.rounds })}</span>}
        <span className="text-xs text-ink-3 tabular-nums">{seconds(step.seconds)}</span>
      </p>
      {step.error && <p className="mt-0.5 pl-5.5 text-xs break-words text-danger">{step.error}</p>}
    </li>
  )
}

/** Texts are read, everything else is data. */
function Result({ outputs }: { outputs: Record<string, unknown> }) {
  const text = only(outputs)
  const fields = Object.entries(outputs)
  if (fields.length === 0) return <p className="text-sm text-ink-3">{t('The run ended without a result.')}</p>
  return (
    <div aria-label={t('Result')} role="group">
      {text !== undefined ? <div className="text-sm"><Markdown text={text} /></div> : (
        <dl className="space-y-3">
          {fields.map(([name, value]) => (
            <div key={name}>
              <dt className="mb-1 font-mono text-xs text-ink-3">{name}</dt>
              <dd className="min-w-0 text-sm">{typeof value === 'string' ? <Markdown text={value} /> : <pre tabIndex={0} className="max-h-96 overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs">{JSON.stringify(value, undefined, 2)}</pre>}</dd>
            </div>
          ))}
        </dl>
      )}
      <div className="mt-2 -ml-1.5 flex"><CopyButton text={() => resultText(outputs)} /></div>
    </div>
  )
}
