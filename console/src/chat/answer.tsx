import { Brain, CircleAlert, FileText, Wrench } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Citation, Thought } from '@/api/types'
import { percent } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Dialog } from '@/ui/dialog'
import { Asks } from './asks'
import { Markdown } from './markdown'
import { SentFiles } from './files'
import { unfold } from './think'
import type { Turn } from './turns'

/** One question with its answer. */
export function TurnView({ turn, tools }: { turn: Turn; tools?: ReactNode }) {
  const { thought, text, open } = unfold(turn.answer)
  const waiting = turn.state === 'waiting' || (turn.state === 'writing' && !turn.answer)
  return (
    <li className="space-y-3">
      {turn.sent && turn.sent.length > 0 && <SentFiles list={turn.sent} />}
      {turn.query && <p className="ml-auto w-fit max-w-[85%] rounded-2xl rounded-br-md bg-soft px-3.5 py-2 text-sm break-words whitespace-pre-wrap text-soft-ink">{turn.query}</p>}
      <div className="max-w-full text-sm">
        {thought && (
          <details open={open} className="mb-2 rounded-lg border border-line bg-sunken px-3 py-2 text-[13px] text-ink-2">
            <summary className="flex items-center gap-1.5 font-medium"><Brain className="size-3.5" aria-hidden /> {open ? t('Thinking…') : t('Thoughts')}</summary>
            <p className="mt-2 max-h-72 overflow-auto whitespace-pre-wrap">{thought}</p>
          </details>
        )}
        {turn.thoughts && <Rounds list={turn.thoughts} answer={turn.answer} open={waiting} />}
        {waiting && <p className="text-ink-3" aria-label={t('The answer is on its way')}><span className="blink">●</span> {t('Thinking…')}</p>}
        {text && <Markdown text={text} />}
        {turn.asks && <Asks list={turn.asks} />}
        {turn.cut && <p role="status" className="mt-1 text-xs text-ink-3"><span className="blink">●</span> {t('The line is gone; trying again…')}</p>}
        {turn.state === 'stopped' && <p className="mt-1 text-xs text-ink-3">{t('Stopped')}</p>}
        {turn.state === 'failed' && (
          <p role="alert" className="mt-1 flex items-start gap-2 rounded-lg bg-danger-soft px-3 py-2 text-[13px] text-danger"><CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden /> {turn.error}</p>
        )}
        {turn.state === 'done' && turn.citations.length > 0 && <Citations list={turn.citations} />}
        {turn.state !== 'waiting' && turn.state !== 'writing' && tools}
      </div>
    </li>
  )
}

/** What an agent did before it answered: folded once it answers. */
export function Rounds({ list: all, answer, open = false }: { list: Thought[]; answer: string; open?: boolean }) {
  // The last thought is the answer itself, which is shown below.
  const list = all.filter(({ tool, thought }) => tool || (thought && !answer.includes(thought.trim())))
  if (list.length === 0) return null
  return (
    <details open={open} className="mb-2 rounded-lg border border-line bg-sunken px-3 py-2 text-[13px] text-ink-2">
      <summary className="flex items-center gap-1.5 font-medium"><Wrench className="size-3.5" aria-hidden /> {list.length === 1 ? t('One step') : t('{count} steps', { count: list.length })}</summary>
      <ol className="mt-2 max-h-96 space-y-3 overflow-auto" tabIndex={0} aria-label={t('Steps')}>
        {list.map((round) => (
          <li key={round.id} className="space-y-1.5">
            {round.thought && <p className="break-words whitespace-pre-wrap">{round.thought}</p>}
            {round.tool && <p className="font-medium break-words text-ink">{round.tool.split(';').join(', ')}</p>}
            {round.tool && round.tool_input && <pre className="overflow-x-auto rounded-md border border-line bg-surface p-2 text-xs whitespace-pre-wrap">{pretty(round.tool_input)}</pre>}
            {round.observation && <pre className="max-h-40 overflow-auto rounded-md border border-line bg-surface p-2 text-xs whitespace-pre-wrap">{pretty(round.observation)}</pre>}
          </li>
        ))}
      </ol>
    </details>
  )
}

const pretty = (text: string) => {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}

/** The sources of an answer, a document each; opening one shows the passages. */
export function Citations({ list }: { list: Citation[] }) {
  const [shown, setShown] = useState<string>()
  const documents = [...new Map(list.map((citation) => [citation.document_id, citation.document_name])).entries()]
  const passages = list.filter((citation) => citation.document_id === shown)
  return (
    <div className="mt-3 flex flex-wrap items-center gap-1.5">
      <span className="text-xs text-ink-3">{t('Sources')}</span>
      {documents.map(([id, name]) => (
        <button key={id} type="button" onClick={() => setShown(id ?? undefined)} className="inline-flex h-6.5 max-w-60 items-center gap-1.5 rounded-md border border-line bg-surface px-2 text-xs text-ink-2 hover:border-accent hover:text-ink [&_svg]:size-3.5 [&_svg]:shrink-0">
          <FileText aria-hidden /> <span className="truncate">{name}</span>
        </button>
      ))}
      {shown && (
        <Dialog open onClose={() => setShown(undefined)} as="side" title={passages[0]?.document_name ?? ''} about={t('The passages that the answer was given')}>
          <ol className="space-y-3">
            {passages.map((passage) => (
              <li key={passage.segment_id} className="rounded-xl border border-line p-3.5">
                <p className="mb-1.5 text-xs text-ink-3">#{passage.position} · {t('Score')} {percent(passage.score)}</p>
                <p className="text-sm break-words whitespace-pre-wrap">{passage.content}</p>
              </li>
            ))}
          </ol>
        </Dialog>
      )}
    </div>
  )
}
