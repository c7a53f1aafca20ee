// A conversation as it is shown, and the stream that makes it longer. Where questions go, the caller says.
import { useCallback, useRef, useState } from 'react'
import { ApiError, OFFLINE } from '@/api/client'
import { events, type Citation, type Usage } from '@/api/sse'
import type { FileOf, Sent } from './files'
import { explain } from '@/lib/toast'
import { t } from '@/lib/i18n'

export interface Turn {
  /** Ours, until the server has named the message. */
  key: string
  id?: string
  parent?: string | undefined
  query: string
  answer: string
  state: 'waiting' | 'writing' | 'done' | 'stopped' | 'failed'
  error?: string
  citations: Citation[]
  /** What went along with the question. */
  files?: FileOf[]
  sent?: Sent[]
  usage?: Usage
  /** Until the first word came. */
  firstMs?: number
  rating?: 'like' | 'dislike' | null
  prepared?: boolean
}

export interface Door {
  ask: (body: { query: string; conversation_id?: string | undefined; parent_message_id?: string | undefined; files?: FileOf[] }, signal: AbortSignal) => Promise<Response>
  stop: (task: string) => Promise<unknown>
  /** After the end of an answer. */
  ended?: (turn: Turn, conversation: string | undefined) => void
}

export function useTurns(door: Door) {
  const [turns, setTurns] = useState<Turn[]>([])
  const [conversation, setConversation] = useState<string>()
  const running = useRef<{ abort: AbortController; task?: string } | undefined>(undefined)
  const [busy, setBusy] = useState(false)

  const edit = useCallback((key: string, change: Partial<Turn> | ((turn: Turn) => Partial<Turn>)) => {
    setTurns((all) => all.map((turn) => (turn.key === key ? { ...turn, ...(typeof change === 'function' ? change(turn) : change) } : turn)))
  }, [])

  const ask = useCallback(
    async (query: string, before: Turn[], along?: { files: FileOf[]; sent: Sent[] }) => {
      const key = crypto.randomUUID?.() ?? String(Math.random())
      const parent = before.at(-1)?.id
      let turn: Turn = { key, parent, query, answer: '', state: 'waiting', citations: [], ...(along?.files.length && along) }
      setTurns([...before, turn])
      const abort = new AbortController()
      running.current = { abort }
      setBusy(true)
      let named = conversation
      const begun = performance.now()
      const change = (next: Partial<Turn>) => {
        turn = { ...turn, ...next }
        edit(key, next)
      }
      try {
        const answer = await door.ask({ query, conversation_id: conversation, parent_message_id: parent, ...(along?.files.length && { files: along.files }) }, abort.signal)
        await events(answer, (event) => {
          if (event.task_id && running.current) running.current.task = event.task_id
          if (event.conversation_id && event.conversation_id !== named) setConversation((named = event.conversation_id))
          const id = { ...(event.message_id && { id: event.message_id }), ...(event.answer && turn.firstMs === undefined && { firstMs: performance.now() - begun }) }
          if (event.event === 'message' || event.event === 'agent_message') change({ ...id, state: 'writing', answer: turn.answer + (event.answer ?? '') })
          else if (event.event === 'message_replace') change({ ...id, answer: event.answer ?? '' })
          else if (event.event === 'message_end') {
            const { retriever_resources, usage, annotation_reply } = event.metadata ?? {}
            change({ ...id, state: 'done', citations: retriever_resources ?? [], prepared: !!annotation_reply, ...(usage && { usage }) })
          } else if (event.event === 'error') change({ ...id, state: 'failed', error: event.message ?? event.code ?? '' })
        })
        if (turn.state === 'waiting' || turn.state === 'writing') change({ state: 'stopped' })
      } catch (error) {
        const mine = abort.signal.aborted
        const lost = !mine && !(error instanceof ApiError)
        change(mine ? { state: 'stopped' } : { state: 'failed', error: lost ? t('The connection broke. What came so far is kept; ask again to go on.') : explain(error instanceof ApiError ? error : new ApiError(OFFLINE, OFFLINE, 0)) })
      } finally {
        running.current = undefined
        setBusy(false)
        door.ended?.(turn, named)
      }
      return turn
    },
    [conversation, door, edit],
  )

  const stop = useCallback(() => {
    const { abort, task } = running.current ?? {}
    if (task) void door.stop(task).catch(() => undefined)
    // The server ends the stream by itself; if it does not, we do.
    setTimeout(() => abort?.abort(), task ? 1500 : 0)
  }, [door])

  const begin = useCallback((id: string | undefined, past: Turn[] = []) => {
    running.current?.abort.abort()
    setConversation(id)
    setTurns(past)
  }, [])

  return { turns, conversation, busy, ask: (query: string, along?: { files: FileOf[]; sent: Sent[] }) => ask(query, turns, along), again: (turn: Turn) => ask(turn.query, turns.slice(0, turns.indexOf(turn)), turn.files && { files: turn.files, sent: turn.sent ?? [] }), stop, begin, edit }
}
