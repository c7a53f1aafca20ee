// Models that think aloud do it between <think> and </think> at the beginning.

export interface Thought { thought: string; text: string; open: boolean }

export function unfold(answer: string): Thought {
  const start = /^\s*<think>/.exec(answer)
  if (!start) return { thought: '', text: answer, open: false }
  const end = answer.indexOf('</think>')
  if (end < 0) return { thought: answer.slice(start[0].length), text: '', open: true }
  return { thought: answer.slice(start[0].length, end).trim(), text: answer.slice(end + '</think>'.length).trimStart(), open: false }
}
