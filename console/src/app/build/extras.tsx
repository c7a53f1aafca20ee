import { MessageSquareQuote, Paperclip, ShieldCheck, Sparkles } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from '@tanstack/react-router'
import type { Feature } from '@/api/types'
import { t } from '@/lib/i18n'
import { Switch } from '@/ui/bits'
import { Field, Input, Textarea } from '@/ui/field'
import { Guard } from './guard'
import { Part, Row, type PartProps } from './part'

/** What goes around the answers. */
export function Extras(props: PartProps) {
  const { app, config, set } = props
  const chat = app.mode !== 'completion'
  return (
    <>
      {chat && (
        <Part icon={<MessageSquareQuote />} title={t('Opening')}>
          <div className="space-y-3">
            <Field label={t('Opening statement')}>
              {(id) => <Textarea id={id} rows={2} value={config.opening_statement ?? ''} onChange={(event) => set({ opening_statement: event.target.value })} />}
            </Field>
            <Field label={t('Suggested questions')} hint={t('One a line')}>
              {(id) => <Textarea id={id} rows={3} value={(config.suggested_questions ?? []).join('\n')} onChange={(event) => set({ suggested_questions: event.target.value ? event.target.value.split('\n') : [] })} />}
            </Field>
          </div>
        </Part>
      )}
      {chat && (
        <Part icon={<Sparkles />} title={t('Answers')}>
          <div className="divide-y divide-line">
            <Row title={t('Cite the sources')} about={t('Each answer names the passages that it was given')} on={config.retriever_resource?.enabled ?? true} onChange={(enabled) => set({ retriever_resource: { ...config.retriever_resource, enabled } })} />
            <Row title={t('Suggest next questions')} about={t('Costs one more call of the model')} on={config.suggested_questions_after_answer?.enabled ?? false} onChange={(enabled) => set({ suggested_questions_after_answer: { ...config.suggested_questions_after_answer, enabled } })} />
            <div className="flex items-center gap-3 pt-2.5 text-sm">
              <span className="min-w-0 flex-1"><span className="block">{t('Prepared answers')}</span><span className="block text-xs text-ink-3">{t('Given instead of the model’s when the question means the same')}</span></span>
              <Link to="/apps/$appId/annotations" params={{ appId: app.id }} className="text-[13px] font-medium text-accent hover:underline">{t('Set up')}</Link>
            </div>
          </div>
        </Part>
      )}
      {chat && <Senses {...props} />}
      <Moderation {...props} />
      <Guard {...props} />
    </>
  )
}

/** What people may bring beside words, and how they may hear the answer. */
function Senses({ config, set }: PartProps) {
  const upload = (config.file_upload ?? {}) as { enabled?: boolean; number_limits?: number; [key: string]: unknown }
  const feature = (name: string) => (config[name] ?? { enabled: false }) as Feature
  const files = (enabled: boolean) =>
    set({ file_upload: { allowed_file_types: ['image'], allowed_file_extensions: [], allowed_file_upload_methods: ['local_file', 'remote_url'], number_limits: 3, ...upload, enabled, image: { enabled, number_limits: 3, detail: 'high', transfer_methods: ['local_file', 'remote_url'] } } })
  return (
    <Part icon={<Paperclip />} title={t('Pictures and voice')}>
      <div className="divide-y divide-line">
        <Row title={t('Take pictures')} about={t('Up to three with a question, for models that see')} on={upload.enabled ?? false} onChange={files} />
        <Row title={t('Take speech')} about={t('Needs a provider that turns speech into text')} on={feature('speech_to_text').enabled} onChange={(enabled) => set({ speech_to_text: { ...feature('speech_to_text'), enabled } })} />
        <Row title={t('Read answers aloud')} about={t('Needs a provider that turns text into speech')} on={feature('text_to_speech').enabled} onChange={(enabled) => set({ text_to_speech: { ...feature('text_to_speech'), enabled } })} />
      </div>
    </Part>
  )
}

interface Side { enabled: boolean; preset_response: string }
interface Keywords { keywords?: string; inputs_config?: Side; outputs_config?: Side }

function Moderation({ config, set }: PartProps) {
  const feature: Feature = config.sensitive_word_avoidance ?? { enabled: false }
  const rules = (feature.config ?? {}) as Keywords
  const off: Side = { enabled: false, preset_response: '' }
  const put = (next: Partial<Feature>) => set({ sensitive_word_avoidance: { ...feature, type: feature.type || 'keywords', ...next } })
  const rule = (next: Keywords) => put({ config: { keywords: '', inputs_config: off, outputs_config: off, ...rules, ...next } })
  const turn = (enabled: boolean) => {
    const empty = !rules.inputs_config?.enabled && !rules.outputs_config?.enabled
    const start = { keywords: rules.keywords ?? '', inputs_config: { enabled: true, preset_response: t('I cannot talk about that.') }, outputs_config: off }
    put({ enabled, ...(enabled && empty && { config: start }) })
  }
  const side = (key: 'inputs_config' | 'outputs_config', title: string): ReactNode => {
    const now = rules[key] ?? off
    return (
      <div className="space-y-2">
        <div className="flex items-center justify-between text-[13px] font-medium">{title}<Switch label={title} on={now.enabled} onChange={(enabled) => rule({ [key]: { ...now, enabled } })} /></div>
        {now.enabled && <Input aria-label={t('Said instead')} placeholder={t('Said instead')} maxLength={100} value={now.preset_response} onChange={(event) => rule({ [key]: { ...now, preset_response: event.target.value } })} />}
      </div>
    )
  }
  const ours = !feature.type || feature.type === 'keywords'
  return (
    <Part icon={<ShieldCheck />} title={t('Moderation')} about={feature.enabled ? '' : t('Words that must not be asked or answered.')} action={<Switch label={t('Moderation')} on={feature.enabled} onChange={turn} />}>
      {feature.enabled && ours && (
        <div className="space-y-3">
          <Field label={t('Words')} hint={t('One a line, at most 100')}>{(id) => <Textarea id={id} rows={3} value={rules.keywords ?? ''} onChange={(event) => rule({ keywords: event.target.value })} />}</Field>
          {side('inputs_config', t('In questions'))}
          {side('outputs_config', t('In answers'))}
        </div>
      )}
      {feature.enabled && !ours && <p className="text-[13px] text-ink-2">{t('Set by the app file: {kind}', { kind: String(feature.type) })}</p>}
    </Part>
  )
}
