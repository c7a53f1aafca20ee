// Events of a stream, as they arrive.

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
  metadata?: { retriever_resources?: Citation[]; usage?: Usage; annotation_reply?: unknown }
}

/** A round of an agent: what it thought, the tools that it called, and what came back. */
export interface Thought {
  id: string
  position: number
  thought?: string | null
  tool?: string | null
  tool_input?: string | null
  observation?: string | null
}

export interface Citation {
  position: number
  dataset_id: string
  dataset_name: string
  document_id: string
  document_name: string
  segment_id: string
  score: number | null
  content: string
}

export interface Usage {
  prompt_tokens?: number
  completion_tokens?: number
  total_tokens?: number
  total_price?: string
  currency?: string
  latency?: number
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
