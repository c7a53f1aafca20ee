import type { ReactNode } from 'react'
import { entries } from '@/app/build/fields'
import type { InputEntry, InputField } from '@/api/types'
import { t } from '@/lib/i18n'
import { Field, Input, Select, Textarea } from '@/ui/field'

export type Inputs = Record<string, string>

export const startInputs = (form: InputEntry[] | undefined): Inputs =>
  Object.fromEntries(entries({ user_input_form: form ?? [] }).map(({ field }) => [field.variable, String(field.default ?? '')]))

/** Kinds that are not entered as a text. */
export const isFile = (kind: string) => kind === 'file' || kind === 'file-list'

/** As an object, or as it is: then the server says what is wrong with it. */
const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** What the server takes: numbers as numbers, and nothing for what was left empty. */
export function given(form: InputEntry[] | undefined, inputs: Inputs): Record<string, unknown> {
  const list = entries({ user_input_form: form ?? [] }).map(({ kind, field }): [string, unknown] => {
    const value = inputs[field.variable] ?? ''
    if (kind === 'checkbox') return [field.variable, value === 'true']
    return [field.variable, value === '' ? '' : kind === 'number' ? Number(value) : kind === 'json_object' ? json(value) : value]
  })
  return Object.fromEntries(list.filter(([, value]) => value !== ''))
}

export const lacking = (form: InputEntry[] | undefined, inputs: Inputs): string[] =>
  entries({ user_input_form: form ?? [] }).filter(({ kind, field }) => field.required && !isFile(kind) && kind !== 'checkbox' && !inputs[field.variable]).map(({ field }) => field.label || field.variable)

interface FormProps {
  form: InputEntry[] | undefined
  inputs: Inputs
  onChange: (inputs: Inputs) => void
  /** What is shown for a file; without it none can be given. */
  file?: (field: InputField, kind: string, id: string) => ReactNode
}

/** The inputs of an app. */
export function InputsForm({ form, inputs, onChange, file }: FormProps) {
  const set = (field: InputField, value: string) => onChange({ ...inputs, [field.variable]: value })
  const one = (kind: string, field: InputField, id: string): ReactNode => {
    const value = inputs[field.variable] ?? ''
    if (isFile(kind)) return file?.(field, kind, id)
    if (kind === 'checkbox') return <input id={id} type="checkbox" className="block size-4 accent-accent" checked={value === 'true'} onChange={(event) => set(field, String(event.target.checked))} />
    if (kind === 'json_object') return <Textarea id={id} rows={5} className="font-mono text-xs" placeholder="{}" spellCheck={false} value={value} onChange={(event) => set(field, event.target.value)} />
    if (kind === 'paragraph') return <Textarea id={id} rows={5} maxLength={field.max_length || undefined} value={value} onChange={(event) => set(field, event.target.value)} />
    if (kind === 'select') {
      return <Select id={id} value={value} onChange={(event) => set(field, event.target.value)}><option value="">{t('Choose')}</option>{(field.options ?? []).map((option) => <option key={option}>{option}</option>)}</Select>
    }
    return <Input id={id} type={kind === 'number' ? 'number' : 'text'} maxLength={field.max_length || undefined} value={value} onChange={(event) => set(field, event.target.value)} />
  }
  const shown = entries({ user_input_form: form ?? [] }).filter(({ kind, field }) => !field.hide && (file || !isFile(kind)))
  return (
    <div className="space-y-3.5">
      {shown.map(({ kind, field }) => (
        <Field key={field.variable} label={<>{field.label || field.variable}{!field.required && <span className="font-normal text-ink-3"> · {t('optional')}</span>}</>}>
          {(id) => one(kind, field, id)}
        </Field>
      ))}
    </div>
  )
}
