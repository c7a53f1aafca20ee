// A conversation as it is shown, and the stream that makes it longer. Where questions go, the caller says. A stream that
// breaks off, by a bad line or a reload, is read on from where it was.
import { useCallback, useEffect, useRef, useState } from 'react'
import { PAUSES, patiently, pause } from '@/api/again'
import { ApiError, OFFLINE } from '@/api/client'
import { events, type StreamEvent } from '@/api/sse'
import type { Citation, Thought, Usage } from '@/api/types'
import type { FileOf, Sent } from './files'
import { asksAfter, type Asked } from './asks'
import { explain } from '@/lib/toast'
import { t } from '@/lib/i18n'
import { keptHere } from '@/lib/kept'

export interface Turn {
  /** Ours, until the server has named the message. */
  key: string
  id?: string
  parent?: string | undefined
  query: string
  answer: string
  state: 'waiting' | 'writing' | 'done' | 'stopped' | 'failed'
  error?: string
  /** The line is gone; it is tried again. */
  cut?: boolean
  citations: Citation[]
  thoughts?: Thought[]
  /** What went along with the question. */
  files?: FileOf[]
  sent?: Sent[]
  usage?: Partial<Usage>
  /** The run of a chatflow that writes the answer. */
  run?: string
  /** People that it asks meanwhile. */
  asks?: Asked[]
  /** Until the first word came. */
  firstMs?: number
  rating?: 'like' | 'dislike' | null
  prepared?: boolean
}

export interface Door {
  ask: (body: { query: string; conversation_id?: string | undefined; parent_message_id?: string | undefined; files?: FileOf[] }, signal: AbortSignal) => Promise<Response>
  stop: (task: string) => Promise<unknown>
  /** The stream of an answer again, after so many characters of it; of a run, from its beginning. */
  rejoin?: (turn: Turn, after: number, signal: AbortSignal) => Promise<Response>
  /** As soon as it is known which run writes the answer. */
  ran?: (message: string, run: string) => void
  /** As soon as the conversation is known. */
  named?: (conversation: string) => void
  /** After the end of an answer. */
  ended?: (turn: Turn, conversation: string | undefined) => void
}

const isOpen = ({ state }: Turn) => state === 'waiting' || state === 'writing'
/** As the server counts: not in halves of characters. */
const characters = (text: string) => [...text].length

const merged = (thoughts: Thought[] = [], event: StreamEvent): Thought[] => {
  const { id = '', position = 0, thought, tool, tool_input, observation } = event
  return [...thoughts.filter((one) => one.id !== id), { id, position, thought, tool, tool_input, observation } as Thought].sort((one, other) => one.position - other.position)
}

interface Past { conversation: string | undefined; turns: Turn[] }

/** `keep`: the name under which the conversation outlives a reload of this tab, where the server does not list it. */
export function useTurns(door: Door, keep?: string) {
  const [past] = useState<Past>(() => JSON.parse((keep && keptHere.get(keep)) || '{"turns":[]}') as Past)
  const [turns, setTurns] = useState<Turn[]>(past.turns)
  const [conversation, setConversation] = useState<string | undefined>(past.conversation)
  const running = useRef<{ abort: AbortController; task?: string; stopped?: boolean } | undefined>(undefined)
  const [busy, setBusy] = useState(false)

  const edit = useCallback((key: string, change: Partial<Turn> | ((turn: Turn) => Partial<Turn>)) => {
    setTurns((all) => all.map((turn) => (turn.key === key ? { ...turn, ...(typeof change === 'function' ? change(turn) : change) } : turn)))
  }, [])

  /** Reads an answer to its end: of a question, or of one that was asked before. */
  const read = useCallback(
    async (before: Turn[], first: Turn, known: string | undefined, asked?: (signal: AbortSignal) => Promise<Response>) => {
      const { key } = first
      let turn = first
      setTurns([...before, turn])
      const abort = new AbortController()
      const mine: NonNullable<typeof running.current> = { abort }
      running.current = mine
      setBusy(true)
      let named = known
      const begun = performance.now()
      /** It comes again from its beginning, or waits for somebody. */
      let replayed = false
      let paused = false
      const change = (next: Partial<Turn>) => {
        turn = { ...turn, ...next }
        edit(key, next)
      }
      const take = (event: StreamEvent) => {
        if (event.task_id) mine.task = event.task_id
        if (replayed) change({ answer: '', asks: [] })
        replayed = false
        paused = event.event === 'workflow_paused' || (paused && event.event === 'ping')
        const { workflow_run_id: run, message_id } = event
        if (run && run !== turn.run) {
          change({ run })
          if (message_id) door.ran?.(message_id, run)
        }
        if (event.conversation_id && event.conversation_id !== named) {
          setConversation((named = event.conversation_id))
          door.named?.(named)
        }
        const id = { ...(turn.cut && { cut: false }), ...(event.message_id && { id: event.message_id }), ...(event.answer && asked && turn.firstMs === undefined && { firstMs: performance.now() - begun }) }
        if (event.event === 'message' || event.event === 'agent_message') change({ ...id, state: 'writing', answer: turn.answer + (event.answer ?? '') })
        else if (event.event === 'agent_thought') change({ ...id, thoughts: merged(turn.thoughts, event) })
        else if (event.event === 'message_replace') change({ ...id, answer: event.answer ?? '' })
        else if (event.event === 'message_end') {
          const { retriever_resources, usage, annotation_reply } = event.metadata ?? {}
          change({ ...id, state: mine.stopped ? 'stopped' : 'done', citations: retriever_resources ?? [], prepared: !!annotation_reply, ...(usage && { usage }) })
        } else if (event.event === 'error') change({ ...id, state: 'failed', error: event.message ?? event.code ?? '' })
        else if (event.event.startsWith('human_input')) change({ ...id, asks: asksAfter(turn.asks ?? [], event) })
        else if (turn.cut) change(id)
      }
      /** Again from where it was; patient with a line that is gone, not with a refusal. */
      const again = () => patiently(() => {
        if (!door.rejoin || !turn.id) throw new ApiError('unknown', '', 0)
        replayed = turn.run !== undefined
        return door.rejoin(turn, characters(turn.answer), abort.signal)
      }, abort.signal, () => change({ cut: true }))
      try {
        let answer = asked ? await asked(abort.signal) : await again()
        for (let breaks = 0; ; breaks++) {
          const had = characters(turn.answer)
          try {
            await events(answer, take)
          } catch (error) {
            if (abort.signal.aborted || error instanceof ApiError || !door.rejoin || !turn.id) throw error
          }
          if (characters(turn.answer) > had || paused) breaks = 0
          if (!isOpen(turn) || mine.stopped || !door.rejoin || !turn.id || breaks >= PAUSES.length) break
          change({ cut: !paused })
          await pause(PAUSES[breaks] ?? 0, abort.signal)
          answer = await again()
        }
        if (isOpen(turn)) change({ state: 'stopped' })
      } catch (error) {
        const ours = abort.signal.aborted
        // Not one that can be read on; it is shown as the server listed it.
        if (!ours && !asked && error instanceof ApiError && error.code !== OFFLINE) return change({ state: 'done' }), turn
        const line = !ours && (turn.cut || !(error instanceof ApiError))
        change(ours ? { state: 'stopped' } : { state: 'failed', error: line ? t('The connection broke. What came so far is kept; ask again to go on.') : explain(error instanceof ApiError ? error : new ApiError(OFFLINE, OFFLINE, 0)) })
      } finally {
        if (turn.cut || turn.asks?.length) change({ cut: false, asks: [] })
        // Another one may have begun since this one was left.
        if (running.current === mine) {
          running.current = undefined
          setBusy(false)
        }
        door.ended?.(turn, named)
      }
      return turn
    },
    [door, edit],
  )

  const ask = useCallback(
    (query: string, before: Turn[], along?: { files: FileOf[]; sent: Sent[] }) => {
      const parent = before.at(-1)?.id
      const turn: Turn = { key: crypto.randomUUID?.() ?? String(Math.random()), parent, query, answer: '', state: 'waiting', citations: [], ...(along?.files.length && along) }
      const body = { query, conversation_id: conversation, parent_message_id: parent, ...(along?.files.length && { files: along.files }) }
      return read(before, turn, conversation, (signal) => door.ask(body, signal))
    },
    [conversation, door, read],
  )

  const stop = useCallback(() => {
    const mine = running.current
    if (!mine) return
    mine.stopped = true
    if (mine.task) void door.stop(mine.task).catch(() => undefined)
    // The server ends the stream by itself; if it does not, we do.
    setTimeout(() => mine.abort.abort(), mine.task ? 1500 : 0)
  }, [door])

  /** Shows another conversation; its last answer is read on if it is still being written. */
  const begin = useCallback(
    (id: string | undefined, past: Turn[] = []) => {
      running.current?.abort.abort()
      setConversation(id)
      setTurns(past)
      const last = past.at(-1)
      if (last && isOpen(last) && door.rejoin) void read(past.slice(0, -1), last, id)
    },
    [door, read],
  )

  const now = useRef<Past>({ conversation, turns })
  useEffect(() => {
    now.current = { conversation, turns }
  })
  useEffect(() => {
    if (past.turns.length) begin(past.conversation, past.turns.map((turn) => (isOpen(turn) && !(turn.id && door.rejoin) ? { ...turn, state: 'stopped' } : turn)))
    const store = () => keep && (now.current.turns.length ? keptHere.set(keep, JSON.stringify(now.current)) : keptHere.drop(keep))
    addEventListener('pagehide', store)
    return () => {
      removeEventListener('pagehide', store)
      store()
      running.current?.abort.abort()
    }
    // Once: what was kept is shown when the page opens.
    // eslint-disable-next-line
  }, [])

  return { turns, conversation, busy, ask: (query: string, along?: { files: FileOf[]; sent: Sent[] }, before = turns) => ask(query, before, along), again: (turn: Turn) => ask(turn.query, turns.slice(0, turns.indexOf(turn)), turn.files && { files: turn.files, sent: turn.sent ?? [] }), stop, begin, edit }
}
