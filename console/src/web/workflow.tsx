import { getRouteApi } from '@tanstack/react-router'
import { History, Play } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { events } from '@/api/sse'
import type { InputField } from '@/api/types'
import { entries } from '@/app/build/fields'
import { given, InputsForm, isFile, lacking, startInputs } from '@/chat/form'
import { moment } from '@/lib/format'
import { t } from '@/lib/i18n'
import { kept } from '@/lib/kept'
import { say } from '@/lib/toast'
import { Card, Empty } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Batch, type Tried } from './batch'
import type { WebApp } from './client'
import { FileField, type FieldRule, type GivenFile } from './file-field'
import { after, isOver, started, useRun, type Run } from './run'
import { resultText, RunView } from './run-view'
import { Sheet } from './sheet'
import { SiteGate, useSite, type Site } from './site'
import { urlInputs } from './url-inputs'

const route = getRouteApi('/workflow/$code')

export function WorkflowPage() {
  const { code } = route.useParams()
  const query = useSite(code)
  return <SiteGate query={query}>{(site) => <Runner key={code} site={site} />}</SiteGate>
}

function Runner({ site }: { site: Site }) {
  const { web, parameters } = site
  const form = parameters.user_input_form
  const fields = entries({ user_input_form: form })
  const texts = form.filter((_, at) => !isFile(fields[at]?.kind ?? ''))
  // A table holds texts.
  const tables = !fields.some(({ kind, field }) => isFile(kind) && field.required)
  return (
    <Sheet site={site} leaves={[
      { id: 'one', name: t('Run once'), show: () => <One site={site} /> },
      ...(tables && texts.length ? [{ id: 'many', name: t('Run a table'), show: () => <Batch form={texts} run={(inputs) => row(web, given(texts, inputs))} /> }] : []),
      { id: 'earlier', name: t('Earlier runs'), show: () => <Earlier web={web} /> },
    ]} />
  )
}

/** The result for a row of a table. */
async function row(web: WebApp, inputs: Record<string, unknown>): Promise<Tried> {
  let run: Run = { state: 'running', steps: [], text: '', asks: [] }
  let failed: Tried['failed']
  await events(await started(web, inputs), (event) => {
    run = after(run, event)
    if (event.event === 'error') failed = event
  })
  if (!failed && run.state !== 'succeeded' && run.state !== 'partial-succeeded') {
    const first = run.asks[0]
    failed = { message: run.error ?? (first ? t('{name} waits for an answer.', { name: first.title }) : t('The connection broke.')) }
  }
  return { answer: run.outputs ? resultText(run.outputs) : run.text, ...(failed && { failed }) }
}

function One({ site: { web, parameters } }: { site: Site }) {
  const form = parameters.user_input_form
  const [inputs, setInputs] = useState(() => startInputs(form))
  const [files, setFiles] = useState<Record<string, GivenFile[] | undefined>>({})
  const hold = useCallback((name: string, chosen: GivenFile[] | undefined) => setFiles((all) => ({ ...all, [name]: chosen })), [])
  const result = useRef<HTMLDivElement>(null)
  const named = useCallback((id: string) => remember(web.code, id), [web])
  const { run, begin, stop } = useRun(web, named)
  useEffect(() => {
    void urlInputs(location.search).then((found) => Object.keys(found).length && setInputs((now) => ({ ...now, ...found })))
  }, [])
  const fileFields = entries({ user_input_form: form }).filter(({ kind }) => isFile(kind))
  const start = () => {
    const empty = fileFields.filter(({ field }) => field.required && files[field.variable]?.length === 0)
    const missing = [...lacking(form, inputs), ...empty.map(({ field }) => field.label || field.variable)]
    if (missing.length) return void say(t('Fill in first: {names}', { names: missing.join(', ') }), { kind: 'bad' })
    void begin({ ...given(form, inputs), ...chosenFiles(fileFields, files) })
    // On a phone it stands below the form.
    result.current?.scrollIntoView({ block: 'nearest' })
  }
  const file = (field: InputField & Partial<FieldRule>, kind: string, id: string) => (
    <FileField id={id} name={field.variable} hold={hold} upload={(chosen) => web.give('/files/upload', chosen, chosen.name)} rule={{ ...field, most: kind === 'file' ? 1 : field.max_length || 5 }} />
  )
  const busy = run && !isOver(run)
  const waits = fileFields.some(({ field }) => !files[field.variable])
  return (
    <div className="grid items-start gap-5 md:grid-cols-2">
      <Card className="p-4">
        <form onSubmit={(event) => { event.preventDefault(); start() }} className="space-y-4">
          {form.length === 0 && <p className="text-sm text-ink-3">{t('This workflow needs no inputs.')}</p>}
          <InputsForm form={form} inputs={inputs} onChange={setInputs} file={file} />
          <div className="flex justify-end">{busy ? <Button onClick={() => void stop()}>{t('Stop')}</Button> : <Button type="submit" look="primary" disabled={waits}><Play /> {t('Run')}</Button>}</div>
        </form>
      </Card>
      <div ref={result}><Card className="min-h-48 min-w-0 p-4">
        {run ? <RunView run={run} /> : <p className="flex h-40 flex-col items-center justify-center gap-2 text-sm text-ink-3"><Play className="size-5" aria-hidden /> {t('The result appears here.')}</p>}
      </Card></div>
    </div>
  )
}

const chosenFiles = (fields: { kind: string; field: InputField }[], files: Record<string, GivenFile[] | undefined>) =>
  Object.fromEntries(fields.flatMap(({ kind, field }) => {
    const list = files[field.variable] ?? []
    return list.length ? [[field.variable, kind === 'file' ? list[0] : list] as const] : []
  }))

/** How many runs this browser remembers of an app; the server has their results. */
const MOST = 30
const key = (code: string) => `edgewise-runs-${code}`
const remembered = (code: string): string[] => JSON.parse(kept.get(key(code)) ?? '[]') as string[]
const remember = (code: string, id: string) => kept.set(key(code), JSON.stringify([id, ...remembered(code).filter((one) => one !== id)].slice(0, MOST)))

interface Past { id: string; status: Run['state']; inputs: string; created_at: number }

function Earlier({ web }: { web: WebApp }) {
  const [list, setList] = useState<Past[]>()
  const [open, setOpen] = useState<string>()
  useEffect(() => {
    const ask = (id: string) => web.call<Past>('GET', `/workflows/run/${id}`).catch(() => undefined)
    void Promise.all(remembered(web.code).map(ask)).then((all) => setList(all.filter((one) => one !== undefined)))
  }, [web])
  if (!list) return null
  if (list.length === 0) return <Empty icon={<History />} title={t('Nothing was run so far')}>{t('Runs of this browser are listed here, with what they came to.')}</Empty>
  return (
    <ul className="space-y-3">
      {list.map((past) => (
        <li key={past.id}>
          <Card className="p-4">
            <button type="button" aria-expanded={open === past.id} onClick={() => setOpen(open === past.id ? undefined : past.id)} className="flex w-full items-center gap-3 text-left text-sm">
              <span className="min-w-0 flex-1 truncate">{summary(past.inputs)}</span>
              <span className="shrink-0 text-xs text-ink-3">{moment(past.created_at)}</span>
            </button>
            {open === past.id && <div className="mt-3 border-t border-line pt-3"><PastRun web={web} id={past.id} /></div>}
          </Card>
        </li>
      ))}
    </ul>
  )
}

function PastRun({ web, id }: { web: WebApp; id: string }) {
  const named = useCallback(() => {}, [])
  const { run } = useRun(web, named, id)
  return run ? <RunView run={run} /> : null
}

/** A value in a few words: of a file, its name. */
const short = (value: unknown): string =>
  Array.isArray(value) ? value.map(short).join(', ') : typeof value === 'string' ? value : ((value as { filename?: string }).filename ?? JSON.stringify(value))

/** Inputs in a line. */
const summary = (inputs: string) => {
  const values = Object.entries(JSON.parse(inputs || '{}') as Record<string, unknown>).filter(([name, value]) => !name.startsWith('sys.') && value !== null && value !== '')
  return values.map(([name, value]) => `${name}: ${short(value)}`).join(' · ') || t('Without inputs')
}
