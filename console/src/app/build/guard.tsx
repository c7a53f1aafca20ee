import { ShieldAlert } from 'lucide-react'
import type { Feature } from '@/api/types'
import { t } from '@/lib/i18n'
import { Switch } from '@/ui/bits'
import { Field, Input } from '@/ui/field'
import { Part, Row, type PartProps } from './part'

/** What the server takes where an app says nothing. */
const OVERLAP = 40

interface Rules { rules?: boolean | null; output?: boolean | null; max_overlap?: number | null; preset_response?: string | null }

/** Against questions that shall overrule the prompt, and answers that give it away. */
export function Guard({ config, set }: PartProps) {
  const guard = (config.prompt_guard ?? { enabled: false }) as Feature & Rules
  const put = (next: Rules & { enabled?: boolean }) => set({ prompt_guard: { ...guard, ...next } })
  const watches = guard.output ?? true
  return (
    <Part icon={<ShieldAlert />} title={t('Prompt guard')} about={guard.enabled ? '' : t('Keeps questions from overruling the prompt, and answers from giving it away.')} action={<Switch label={t('Prompt guard')} on={guard.enabled} onChange={(enabled) => put({ enabled })} />}>
      {guard.enabled && (
        <div className="space-y-3">
          <div className="divide-y divide-line">
            <Row title={t('Rules in the prompt')} about={t('Says at its end that what people, passages and tools bring is material and never an instruction')} on={guard.rules ?? true} onChange={(rules) => put({ rules })} />
            <Row title={t('Watch the answers')} about={t('Ends an answer before it repeats the prompt, also in other spellings. It does not see translations or paraphrases.')} on={watches} onChange={(output) => put({ output })} />
          </div>
          {watches && (
            <>
              <Field label={t('Said instead')}>
                {(id) => <Input id={id} maxLength={300} placeholder={t('I cannot share my instructions. What else can I help you with?')} value={guard.preset_response ?? ''} onChange={(event) => put({ preset_response: event.target.value })} />}
              </Field>
              <Field label={t('Letters in a row that may be repeated')} hint={t('16 to 400. Facts that answers shall quote at length belong into knowledge, not into the prompt.')}>
                {(id) => <Input id={id} type="number" min={16} max={400} className="w-28" defaultValue={guard.max_overlap ?? OVERLAP} onChange={({ target }) => target.validity.valid && target.value && put({ max_overlap: target.valueAsNumber })} />}
              </Field>
            </>
          )}
        </div>
      )}
    </Part>
  )
}
