// Events of a stream, as they arrive.
import type { Citation, Usage } from './types'

export interface StreamEvent {
  event: string
  task_id?: string
  message_id?: string
  conversation_id?: string
  id?: string
  answer?: string
  code?: string
  message?: string
  status?: number
  /** Of an agent's round, which comes again as more of it is known. */
  position?: number
  thought?: string
  observation?: string
  tool?: string
  tool_input?: string
  /** Of a run of a workflow. */
  workflow_run_id?: string
  data?: unknown
  metadata?: { retriever_resources?: Citation[]; usage?: Partial<Usage>; annotation_reply?: unknown }
}

/** Reads a response to its end and hands each event on. Comments, such as pings, are skipped. */
export async function events(answer: Response, take: (event: StreamEvent) => void): Promise<void> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (!reader) return
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    rest += value ?? ''
    const parts = rest.split(/\r?\n\r?\n/)
    rest = done ? '' : (parts.pop() ?? '')
    for (const part of parts) {
      const data = part.split(/\r?\n/).filter((line) => line.startsWith('data:'))
      const text = data.map((line) => line.slice(5).trimStart()).join('\n')
      if (!text) continue
      try {
        take(JSON.parse(text) as StreamEvent)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
      }
    }
    if (done) return
  }
}
