import { Download, FileUp } from 'lucide-react'
import { useRef, useState } from 'react'
import { ApiError } from '@/api/client'
import type { InputEntry } from '@/api/types'
import { entries } from '@/app/build/fields'
import { download } from '@/lib/format'
import { t } from '@/lib/i18n'
import { explain } from '@/lib/toast'
import { Badge, Card } from '@/ui/bits'
import { Button } from '@/ui/button'
import { parseCsv, toCsv } from './csv'

const AT_ONCE = 5
const MOST = 500
/** How often a row is tried while the server or its model is busy, and the first pause between, in milliseconds. */
const TRIES = 5
const PAUSE = 1_000

/** The server has too much to do, or the provider did not answer: both may pass. */
const passes = (status: number | undefined, code: string | undefined) => status === 429 || code === 'completion_request_error'

/** What a row came to. */
export interface Tried { answer: string; failed?: { message?: string; status?: number; code?: string } }

interface Row { inputs: Record<string, string>; answer: string; state: 'waiting' | 'later' | 'running' | 'done' | 'failed' }

/** One run for each row of a table, five at a time. */
export function Batch({ form, run }: { form: InputEntry[]; run: (inputs: Record<string, string>) => Promise<Tried> }) {
  const file = useRef<HTMLInputElement>(null)
  const [rows, setRows] = useState<Row[]>([])
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const names = entries({ user_input_form: form }).map(({ field }) => field.variable)

  const read = async (chosen: File) => {
    setProblem(undefined)
    const [head = [], ...body] = parseCsv(await chosen.text())
    const places = names.map((name) => head.map((cell) => cell.trim()).indexOf(name))
    const absent = names.filter((_, index) => (places[index] ?? -1) < 0)
    if (absent.length) return setProblem(t('The first row must name the inputs. Missing: {names}', { names: absent.join(', ') }))
    if (body.length === 0) return setProblem(t('The table has no rows below the first.'))
    if (body.length > MOST) return setProblem(t('At most {count} rows at once.', { count: MOST }))
    setRows(body.map((cells) => ({ inputs: Object.fromEntries(names.map((name, index) => [name, cells[places[index] ?? -1] ?? ''])), answer: '', state: 'waiting' })))
  }
  const edit = (at: number, change: Partial<Row>) => setRows((all) => all.map((row, index) => (index === at ? { ...row, ...change } : row)))
  const one = async (row: Row, at: number) => {
    for (let tries = 1; ; tries++) {
      edit(at, { state: 'running', answer: '' })
      const { answer, failed, busy: later } = await tried(row)
      if (later && tries < TRIES) {
        // Longer each time, and not all rows at the same moment.
        edit(at, { state: 'later', answer: '' })
        await new Promise((resolve) => setTimeout(resolve, PAUSE * 2 ** (tries - 1) * (0.75 + Math.random() / 2)))
        continue
      }
      return edit(at, failed ? { state: 'failed', answer: failed } : { state: 'done', answer })
    }
  }
  const tried = async (row: Row) => {
    try {
      const { answer, failed } = await run(row.inputs)
      return { answer, failed: failed && (failed.message ?? 'error'), busy: !!failed && passes(failed.status, failed.code) }
    } catch (error) {
      return { answer: '', failed: explain(error), busy: error instanceof ApiError && passes(error.status, error.code) }
    }
  }
  const start = async () => {
    setBusy(true)
    const waiting = rows.map((row, at) => ({ row, at })).filter(({ row }) => row.state !== 'done')
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await one(next.row, next.at)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    setBusy(false)
  }
  const done = rows.filter(({ state }) => state === 'done').length
  const save = () => download('results.csv', toCsv([[...names, 'answer'], ...rows.map((row) => [...names.map((name) => row.inputs[name] ?? ''), row.state === 'done' ? row.answer : ''])]), 'text/csv')
  const states = { waiting: t('Waiting'), later: t('Busy; again soon'), running: t('Running'), done: t('Done'), failed: t('Failed') }
  const tones = { waiting: 'plain', later: 'warn', running: 'warn', done: 'good', failed: 'bad' } as const
  return (
    <Card className="space-y-4 p-4">
      <div className="flex flex-wrap items-center gap-2">
        <Button onClick={() => file.current?.click()} disabled={busy}><FileUp /> {t('Choose a CSV file')}</Button>
        <Button look="quiet" onClick={() => download('template.csv', toCsv([names, names.map(() => '')]), 'text/csv')}><Download /> {t('Template')}</Button>
        {rows.length > 0 && <span className="ml-auto text-sm text-ink-2">{done} / {rows.length}</span>}
        {rows.length > 0 && <Button look="primary" busy={busy} disabled={done === rows.length} onClick={() => void start()}>{done && done < rows.length ? t('Go on') : t('Run')}</Button>}
        {done > 0 && <Button onClick={save}><Download /> {t('Results')}</Button>}
      </div>
      <input ref={file} type="file" accept=".csv,text/csv" hidden onChange={(event) => { const chosen = event.target.files?.[0]; if (chosen) void read(chosen); event.target.value = '' }} />
      {problem && <p role="alert" className="rounded-lg bg-danger-soft p-3 text-sm text-danger">{problem}</p>}
      {rows.length === 0 && !problem && <p className="text-sm text-ink-3">{t('A table with a column for each input: {names}. Each row is run, and the answers come back as a table.', { names: names.join(', ') })}</p>}
      {rows.length > 0 && (
        <div className="max-h-[60vh] overflow-auto rounded-lg border border-line" tabIndex={0}>
          <table className="w-full text-left text-[13px]">
            <thead className="sticky top-0 bg-sunken"><tr>{names.map((name) => <th key={name} className="px-3 py-1.5 font-medium">{name}</th>)}<th className="px-3 py-1.5 font-medium">{t('Answer')}</th><th className="px-3 py-1.5" /></tr></thead>
            <tbody className="divide-y divide-line">
              {rows.map((row, at) => (
                <tr key={at} className="align-top">
                  {names.map((name) => <td key={name} className="max-w-48 px-3 py-1.5"><span className="line-clamp-3 break-words">{row.inputs[name]}</span></td>)}
                  <td className="px-3 py-1.5"><span className="line-clamp-4 break-words whitespace-pre-wrap">{row.answer}</span></td>
                  <td className="px-3 py-1.5 text-right"><Badge tone={tones[row.state]}>{states[row.state]}</Badge></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  )
}
