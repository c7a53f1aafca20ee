import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { CircleCheck, Hourglass } from 'lucide-react'
import { useState } from 'react'
import { ApiError, failure, OFFLINE } from '@/api/client'
import { Markdown } from '@/chat/markdown'
import { moment } from '@/lib/format'
import { t } from '@/lib/i18n'
import { explain } from '@/lib/toast'
import { ThemeButton } from '@/shell/shell'
import { Card, Empty, Problem, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Field, Select, Textarea } from '@/ui/field'
import { FileField, type GivenFile } from './file-field'

interface FieldEntry {
  type: 'paragraph' | 'select' | 'file' | 'file-list'
  output_variable_name: string
  default?: { type: string; value?: unknown } | null
  option_source?: { value?: string[] } | null
  allowed_file_types?: string[]
  allowed_file_extensions?: string[]
  allowed_file_upload_methods?: string[]
  number_limits?: number
}
interface Asked {
  form_content: string
  inputs: FieldEntry[]
  resolved_default_values: Record<string, unknown>
  user_actions: { id: string; title: string; button_style?: string }[]
  expiration_time: number
}

const LOOKS: Record<string, 'primary' | 'quiet'> = { primary: 'primary', accent: 'primary', ghost: 'quiet' }

const route = getRouteApi('/form/$token')

async function call<T>(token: string, body?: unknown): Promise<T> {
  const at = `/api/form/human_input/${encodeURIComponent(token)}`
  const post = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const sent = body instanceof FormData ? fetch(`${at}/files`, { method: 'POST', body }) : fetch(at, body ? post : {})
  const answer = await sent.catch(() => {
    throw new ApiError(OFFLINE, OFFLINE, 0)
  })
  if (!answer.ok) throw await failure(answer)
  return (await answer.json()) as T
}

function upload(token: string, file: File) {
  const body = new FormData()
  body.append('file', file)
  return call<{ id: string }>(token, body)
}

/** What a workflow asks a person: whoever has the link may answer, once. */
export function FormPage() {
  const { token } = route.useParams()
  const query = useQuery({ queryKey: ['form', token], queryFn: () => call<Asked>(token), retry: false, refetchOnWindowFocus: false })
  return (
    <div className="mx-auto flex min-h-dvh max-w-2xl flex-col px-4 py-6">
      <header className="mb-4 flex items-center justify-end"><ThemeButton /></header>
      <main className="flex-1">
        {query.isPending ? <Skeleton className="h-64" /> : query.error ? <Over error={query.error} /> : <Ask token={token} asked={query.data} />}
      </main>
    </div>
  )
}

function Over({ error }: { error: unknown }) {
  const code = error instanceof ApiError ? error.code : ''
  if (code === 'human_input_form_submitted') return <Empty icon={<CircleCheck />} title={t('This form has been answered.')}>{t('Nothing is left to do here.')}</Empty>
  if (code === 'human_input_form_expired') return <Empty icon={<Hourglass />} title={t('This form has expired.')}>{t('It was not answered in time.')}</Empty>
  if (code === 'not_found') return <Empty icon={<Hourglass />} title={t('There is no such form.')}>{t('Look whether the link is complete.')}</Empty>
  return <Problem>{explain(error)}</Problem>
}

const text = (value: unknown) => (typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value))

/** A mark in the text where a field belongs. */
const PLACE = /\{\{#\$output\.([A-Za-z0-9_]+)#\}\}/

function Ask({ token, asked }: { token: string; asked: Asked }) {
  const first = (field: FieldEntry) => text(asked.resolved_default_values[field.output_variable_name] ?? field.default?.value) || (field.type === 'select' ? (field.option_source?.value?.[0] ?? '') : '')
  const [values, setValues] = useState(() => Object.fromEntries(asked.inputs.map((field) => [field.output_variable_name, first(field)])))
  const [busy, setBusy] = useState<string>()
  const [problem, setProblem] = useState<{ field?: string | undefined; message: string }>()
  const [done, setDone] = useState(false)
  const [files, setFiles] = useState<Record<string, GivenFile[] | undefined>>({})
  const [hold] = useState(() => (name: string, given: GivenFile[] | undefined) => setFiles((all) => ({ ...all, [name]: given })))
  const waits = asked.inputs.some((one) => one.type.startsWith('file') && !files[one.output_variable_name])
  const put = (name: string, value: string) => setValues((all) => ({ ...all, [name]: value }))

  const answer = async (action: string) => {
    setBusy(action)
    setProblem(undefined)
    const given = (field: FieldEntry) => {
      const chosen = files[field.output_variable_name] ?? []
      return field.type === 'file' ? chosen[0] : field.type === 'file-list' ? chosen : values[field.output_variable_name]
    }
    try {
      await call(token, { inputs: Object.fromEntries(asked.inputs.map((field) => [field.output_variable_name, given(field)])), action })
      setDone(true)
    } catch (error) {
      setProblem({ field: error instanceof ApiError ? error.field?.replace(/^inputs\./, '') : undefined, message: explain(error) })
    } finally {
      setBusy(undefined)
    }
  }
  if (done) return <Empty icon={<CircleCheck />} title={t('Thank you. Your answer is on its way.')}>{t('This page can be closed.')}</Empty>

  const field = (name: string) => {
    const entry = asked.inputs.find((one) => one.output_variable_name === name)
    if (!entry) return null
    const common = { value: values[name] ?? '', onChange: (event: { target: { value: string } }) => put(name, event.target.value) }
    const wrong = problem?.field === name ? problem.message : undefined
    return (
      <Field key={name} label={name} error={wrong}>
        {(id) =>
          entry.type === 'select' ? (
            <Select id={id} {...common}>{(entry.option_source?.value ?? []).map((option) => <option key={option}>{option}</option>)}</Select>
          ) : entry.type === 'paragraph' ? <Textarea id={id} {...common} /> : <FileField id={id} name={name} rule={{ ...entry, most: entry.type === 'file' ? 1 : entry.number_limits || 20 }} upload={(file) => upload(token, file)} hold={hold} />
        }
      </Field>
    )
  }
  const parts = asked.form_content.split(PLACE)
  const placed = new Set(parts.filter((_, at) => at % 2))
  return (
    <Card className="p-5 sm:p-7">
      <div className="space-y-5">
        {parts.map((part, at) => (at % 2 ? field(part) : part.trim() && <Markdown key={at} text={part} />))}
        {asked.inputs.filter((one) => !placed.has(one.output_variable_name)).map((one) => field(one.output_variable_name))}
        {problem && !asked.inputs.some((one) => one.output_variable_name === problem.field) && <Problem>{problem.message}</Problem>}
        <div className="flex flex-wrap gap-2">
          {asked.user_actions.map(({ id, title, button_style }) => (
            <Button key={id} look={LOOKS[button_style ?? ''] ?? 'plain'} busy={busy === id} disabled={busy !== undefined || waits} onClick={() => void answer(id)}>{title || id}</Button>
          ))}
        </div>
        <p className="text-xs text-ink-3">{t('Open until {time}', { time: moment(asked.expiration_time) })}</p>
      </div>
    </Card>
  )
}
