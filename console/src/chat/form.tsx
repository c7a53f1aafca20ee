import type { ReactNode } from 'react'
import { entries } from '@/app/build/fields'
import type { InputEntry, InputField } from '@/api/types'
import { t } from '@/lib/i18n'
import { Field, Input, Select, Textarea } from '@/ui/field'

export type Inputs = Record<string, string>

export const startInputs = (form: InputEntry[] | undefined): Inputs =>
  Object.fromEntries(entries({ user_input_form: form ?? [] }).map(({ field }) => [field.variable, String(field.default ?? '')]))

/** What the server takes: numbers as numbers, and nothing for what was left empty. */
export function given(form: InputEntry[] | undefined, inputs: Inputs): Record<string, unknown> {
  const list = entries({ user_input_form: form ?? [] }).map(({ kind, field }): [string, unknown] => {
    const value = inputs[field.variable] ?? ''
    return [field.variable, kind === 'number' && value !== '' ? Number(value) : value]
  })
  return Object.fromEntries(list.filter(([, value]) => value !== ''))
}

export const lacking = (form: InputEntry[] | undefined, inputs: Inputs): string[] =>
  entries({ user_input_form: form ?? [] }).filter(({ field }) => field.required && !inputs[field.variable]).map(({ field }) => field.label || field.variable)

/** The inputs of an app. */
export function InputsForm({ form, inputs, onChange }: { form: InputEntry[] | undefined; inputs: Inputs; onChange: (inputs: Inputs) => void }) {
  const set = (field: InputField, value: string) => onChange({ ...inputs, [field.variable]: value })
  const one = (kind: string, field: InputField, id: string): ReactNode => {
    const value = inputs[field.variable] ?? ''
    if (kind === 'paragraph') return <Textarea id={id} rows={5} maxLength={field.max_length || undefined} value={value} onChange={(event) => set(field, event.target.value)} />
    if (kind === 'select') {
      return <Select id={id} value={value} onChange={(event) => set(field, event.target.value)}><option value="">{t('Choose')}</option>{(field.options ?? []).map((option) => <option key={option}>{option}</option>)}</Select>
    }
    return <Input id={id} type={kind === 'number' ? 'number' : 'text'} maxLength={field.max_length || undefined} value={value} onChange={(event) => set(field, event.target.value)} />
  }
  const shown = entries({ user_input_form: form ?? [] }).filter(({ field }) => !field.hide)
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
