import { Pencil, Plus, Trash2, Variable } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { t } from '@/lib/i18n'
import { Badge, Switch } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Input, Select, Textarea } from '@/ui/field'
import { entries, goodName, type Entry } from './fields'
import { Part, type PartProps } from './part'

const kinds = (): Record<string, string> => ({ 'text-input': t('Short text'), paragraph: t('Paragraph'), select: t('Choice'), number: t('Number') })

const fresh = (): Entry => ({ kind: 'text-input', field: { label: '', variable: '', required: true, max_length: 48, default: '' } })

export function VariablesPart({ config, set }: PartProps) {
  const list = entries(config)
  const [open, setOpen] = useState<{ entry: Entry; index: number }>()
  const save = (entry: Entry, index: number) => {
    const next = [...list]
    next[index] = entry
    set({ user_input_form: next.map(({ kind, field }) => ({ [kind]: field })) })
    setOpen(undefined)
  }
  const drop = (index: number) => set({ user_input_form: list.filter((_, at) => at !== index).map(({ kind, field }) => ({ [kind]: field })) })
  return (
    <Part
      icon={<Variable />}
      title={t('Variables')}
      about={list.length ? '' : t('What people fill in before they start, for use in the prompt as {{name}}.')}
      action={<Button small look="quiet" onClick={() => setOpen({ entry: fresh(), index: list.length })}><Plus /> {t('Add')}</Button>}
    >
      {list.length > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line">
          {list.map((entry, index) => (
            <li key={entry.field.variable} className="flex items-center gap-2 px-3 py-1.5 text-sm">
              <code className="font-mono text-xs text-soft-ink">{entry.field.variable}</code>
              <span className="min-w-0 truncate text-ink-2">{entry.field.label}</span>
              <span className="ml-auto flex items-center gap-1.5">
                {entry.field.required && <Badge>{t('Required')}</Badge>}
                <Badge>{kinds()[entry.kind] ?? entry.kind}</Badge>
                <IconButton label={t('Change {name}', { name: entry.field.variable })} onClick={() => setOpen({ entry, index })}><Pencil /></IconButton>
                <IconButton label={t('Remove {name}', { name: entry.field.variable })} onClick={() => drop(index)}><Trash2 /></IconButton>
              </span>
            </li>
          ))}
        </ul>
      )}
      {open && <VariableDialog {...open} taken={list.filter((_, at) => at !== open.index).map(({ field }) => field.variable)} onSave={save} onClose={() => setOpen(undefined)} />}
    </Part>
  )
}

interface Props { entry: Entry; index: number; taken: string[]; onSave: (entry: Entry, index: number) => void; onClose: () => void }

function VariableDialog({ entry, index, taken, onSave, onClose }: Props) {
  const [kind, setKind] = useState(entry.kind)
  const [field, setField] = useState(entry.field)
  const [options, setOptions] = useState((entry.field.options ?? []).join('\n'))
  const [error, setError] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!goodName(field.variable)) return setError(t('Letters, digits and underscores, at most 30, not a digit first'))
    if (taken.includes(field.variable)) return setError(t('Another variable has this name'))
    const { options: _, max_length: length, ...rest } = field
    const list = options.split('\n').map((line) => line.trim()).filter(Boolean)
    const extra = kind === 'select' ? { options: list } : kind === 'text-input' || kind === 'paragraph' ? { ...(length && { max_length: length }) } : {}
    onSave({ kind, field: { ...rest, label: field.label || field.variable, ...extra } }, index)
  }
  const names = { [kind]: kind, ...kinds() }
  return (
    <Dialog open onClose={onClose} title={t('Variable')}>
      <form onSubmit={submit} className="space-y-4">
        <Field label={t('Kind')}>
          {(id) => <Select id={id} value={kind} onChange={(event) => setKind(event.target.value)}>{Object.entries(names).map(([value, name]) => <option key={value} value={value}>{name}</option>)}</Select>}
        </Field>
        <Field label={t('Name in the prompt')} error={error}>
          {(id) => <Input id={id} autoFocus required className="font-mono" value={field.variable} onChange={(event) => setField({ ...field, variable: event.target.value.trim() })} />}
        </Field>
        <Field label={t('Label')}>{(id) => <Input id={id} value={field.label} onChange={(event) => setField({ ...field, label: event.target.value })} />}</Field>
        {kind === 'select' && <Field label={t('Choices')} hint={t('One a line')}>{(id) => <Textarea id={id} required value={options} onChange={(event) => setOptions(event.target.value)} />}</Field>}
        {(kind === 'text-input' || kind === 'paragraph') && (
          <Field label={t('Longest, in characters')}>{(id) => <Input id={id} type="number" min={1} max={kind === 'text-input' ? 256 : 100_000} value={field.max_length ?? ''} onChange={(event) => setField({ ...field, max_length: Number(event.target.value) || 0 })} />}</Field>
        )}
        <div className="flex items-center justify-between text-sm">{t('Required')}<Switch label={t('Required')} on={field.required} onChange={(required) => setField({ ...field, required })} /></div>
        <div className="flex justify-end gap-2"><Button onClick={onClose}>{t('Cancel')}</Button><Button type="submit" look="primary">{t('Save')}</Button></div>
      </form>
    </Dialog>
  )
}
