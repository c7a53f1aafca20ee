// A run of a workflow as its visitor sees it, put together from the events of its stream. A stream that breaks off, by a
// bad line, a reload or a person who is waited for, is read again from the run's first event.
import { useCallback, useEffect, useRef, useState } from 'react'
import { PAUSES, patiently, pause } from '@/api/again'
import { ApiError } from '@/api/client'
import { events, type StreamEvent } from '@/api/sse'
import { asksAfter, type Asked } from '@/chat/asks'
import { t } from '@/lib/i18n'
import { keptHere } from '@/lib/kept'
import { explain } from '@/lib/toast'
import type { WebApp } from './client'

export interface Step {
  id: string
  title: string
  type: string
  state: 'running' | 'succeeded' | 'failed' | 'exception' | 'stopped'
  seconds?: number
  error?: string
  /** Of a node that goes round: how often so far. */
  rounds?: number
}

export interface Run {
  /** Nothing until the server has named it. */
  id?: string
  task?: string
  state: 'running' | 'paused' | 'succeeded' | 'partial-succeeded' | 'failed' | 'stopped'
  steps: Step[]
  /** What was written so far. */
  text: string
  outputs?: Record<string, unknown>
  error?: string
  seconds?: number
  tokens?: number
  /** Who is asked meanwhile, and where. */
  asks: Asked[]
  /** The line is gone; it is tried again. */
  cut?: boolean
}

/** What events tell, of which each has a part. */
interface Told {
  id?: string
  node_id?: string
  node_type?: string
  title?: string
  index?: number
  iteration_id?: string | null
  loop_id?: string | null
  status?: string
  error?: string | null
  elapsed_time?: number
  total_tokens?: number
  outputs?: Record<string, unknown> | null
  text?: string
}

const EMPTY: Run = { state: 'running', steps: [], text: '', asks: [] }

export const isOver = ({ state }: Run) => state !== 'running' && state !== 'paused'

const ended = (status: string | undefined): Step['state'] => (status === 'failed' || status === 'exception' || status === 'stopped' ? status : 'succeeded')

const put = (steps: Step[], { node_id = '', title = '', node_type = '' }: Told, change: Partial<Step>): Step[] => {
  const known = steps.find(({ id }) => id === node_id)
  if (!known) return [...steps, { id: node_id, title: title || node_id, type: node_type, state: 'running', ...change }]
  return steps.map((step) => (step === known ? { ...step, ...change } : step))
}

/** What a run is after an event. */
export function after(run: Run, event: StreamEvent): Run {
  const told = (event.data ?? {}) as Told
  const id = event.workflow_run_id ?? run.id
  const now: Run = { ...run, ...(id && { id }), ...(event.task_id && { task: event.task_id }) }
  const step = (change: Partial<Step>): Run => ({ ...now, steps: put(now.steps, told, change) })
  const done = () => step({ state: ended(told.status), seconds: told.elapsed_time ?? 0, ...(told.error && { error: told.error }) })
  // What happens inside of a node that goes round is that node's.
  const inner = told.iteration_id || told.loop_id
  switch (event.event) {
    case 'workflow_started':
      return { ...now, state: 'running' }
    case 'node_started':
      return inner ? now : step({ state: 'running' })
    case 'iteration_started':
    case 'loop_started':
      return step({ state: 'running', rounds: 0 })
    case 'iteration_next':
    case 'loop_next':
      return step({ rounds: (told.index ?? 0) + 1 })
    case 'node_finished':
      return inner ? now : done()
    case 'iteration_completed':
    case 'loop_completed':
      return done()
    case 'text_chunk':
      return { ...now, text: now.text + (told.text ?? '') }
    case 'text_replace':
      return { ...now, text: told.text ?? '' }
    case 'human_input_required':
    case 'human_input_form_filled':
    case 'human_input_form_timeout':
      return { ...now, asks: asksAfter(now.asks, event) }
    case 'workflow_paused':
      return { ...now, state: 'paused' }
    case 'workflow_finished':
      return {
        ...now, asks: [], state: (told.status ?? 'succeeded') as Run['state'], outputs: told.outputs ?? {}, seconds: told.elapsed_time ?? 0, tokens: told.total_tokens ?? 0,
        ...(told.error && { error: told.error }),
      }
    case 'error':
      return { ...now, state: 'failed', error: event.message ?? event.code ?? '' }
    default:
      return now
  }
}

export const started = (web: WebApp, inputs: Record<string, unknown>, signal?: AbortSignal) => web.send('POST', '/workflows/run', { inputs, response_mode: 'streaming' }, signal)

/** A run that is followed: `only` this one, or what is begun here; after a reload of the tab the last one is. */
export function useRun(web: WebApp, named: (id: string) => void, only?: string) {
  const last = `edgewise-run-${only ?? web.code}`
  const [run, setRun] = useState<Run>()
  const live = useRef<AbortController>(undefined)

  /** Follows a run to its end: a new one by `asked`, else the one of this id. */
  const follow = useCallback(
    async (first: Run, asked?: (signal: AbortSignal) => Promise<Response>) => {
      live.current?.abort()
      const abort = new AbortController()
      live.current = abort
      let now = first
      const show = (next: Run) => {
        now = next
        if (live.current === abort) setRun(next)
      }
      show(now)
      const again = () => patiently(() => web.replay(now.id ?? '', abort.signal), abort.signal, () => show({ ...now, cut: true }))
      try {
        let answer = asked ? await asked(abort.signal) : await again()
        let replayed = !asked
        for (let breaks = 0; breaks < PAUSES.length; ) {
          const take = (event: StreamEvent) => {
            const before = now.id
            const { cut: _, ...base } = now
            show(after(replayed ? { ...EMPTY, ...(now.id && { id: now.id }) } : base, event))
            replayed = false
            breaks = 0
            if (now.id && now.id !== before) named(now.id)
            if (now.id && !only) keptHere.set(last, now.id)
          }
          try {
            await events(answer, take)
          } catch (error) {
            if (abort.signal.aborted || error instanceof ApiError) throw error
          }
          if (isOver(now) || !now.id) break
          if (now.state !== 'paused') show({ ...now, cut: true })
          await pause(PAUSES[breaks++] ?? 0, abort.signal)
          answer = await again()
          replayed = true
        }
        if (!isOver(now)) show({ ...now, state: 'failed', error: t('The connection broke. The run goes on without this page; look for it under “Earlier runs”.') })
      } catch (error) {
        if (abort.signal.aborted) return
        if (!asked && !now.steps.length) {
          // Gone, or of somebody else.
          keptHere.drop(last)
          setRun(undefined)
          return
        }
        show({ ...now, state: 'failed', error: explain(error) })
      }
    },
    [web, last, named, only],
  )

  useEffect(() => {
    const before = only ?? keptHere.get(last)
    if (before) void follow({ ...EMPTY, id: before })
    return () => live.current?.abort()
  }, [follow, last, only])

  const stop = () => {
    const { task } = run ?? {}
    if (task) return web.call('POST', `/workflows/tasks/${task}/stop`, {}).catch(() => undefined)
    live.current?.abort()
    setRun(undefined)
    return undefined
  }
  return { run, begin: (inputs: Record<string, unknown>) => follow(EMPTY, (signal) => started(web, inputs, signal)), stop }
}
