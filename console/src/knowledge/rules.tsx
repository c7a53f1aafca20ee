import { t } from '@/lib/i18n'
import { Switch } from '@/ui/bits'
import { Field, Input, Range } from '@/ui/field'

export interface Rule { custom: boolean; separator: string; tokens: number; overlap: number; spaces: boolean; addresses: boolean }

export const START: Rule = { custom: false, separator: '\\n\\n', tokens: 500, overlap: 50, spaces: true, addresses: false }

/** As the server takes it. */
export const ruleOf = (rule: Rule) =>
  rule.custom
    ? {
        mode: 'custom',
        rules: {
          pre_processing_rules: [{ id: 'remove_extra_spaces', enabled: rule.spaces }, { id: 'remove_urls_emails', enabled: rule.addresses }],
          segmentation: { separator: rule.separator.replaceAll('\\n', '\n'), max_tokens: rule.tokens, chunk_overlap: rule.overlap },
        },
      }
    : { mode: 'automatic' }

/** How documents become chunks. */
export function Rules({ rule, onChange }: { rule: Rule; onChange: (rule: Rule) => void }) {
  const set = (change: Partial<Rule>) => onChange({ ...rule, ...change })
  return (
    <fieldset className="space-y-4">
      <legend className="mb-3 text-sm font-semibold">{t('How to split')}</legend>
      <div role="radiogroup" aria-label={t('How to split')} className="grid grid-cols-2 rounded-lg bg-sunken p-1 text-[13px]">
        {[false, true].map((custom) => (
          <button key={String(custom)} type="button" role="radio" aria-checked={rule.custom === custom} onClick={() => set({ custom })} className="rounded-md py-1 font-medium text-ink-2 aria-checked:bg-surface aria-checked:text-ink aria-checked:shadow-card">{custom ? t('Own rules') : t('Automatic')}</button>
        ))}
      </div>
      {!rule.custom && <p className="text-[13px] text-ink-3">{t('At paragraphs and sentences, 500 tokens at most, 50 of them shared with the next. Good for most documents.')}</p>}
      {rule.custom && (
        <>
          <Field label={t('Split first at')} hint={t('{mark} is a line break', { mark: '\\n' })}>{(id) => <Input id={id} className="font-mono" value={rule.separator} onChange={(event) => set({ separator: event.target.value })} />}</Field>
          <Range label={t('Longest chunk, in tokens')} value={rule.tokens} min={50} max={4000} step={10} onChange={(tokens) => set({ tokens, overlap: Math.min(rule.overlap, Math.floor(tokens / 2)) })} />
          <Range label={t('Shared with the next')} value={rule.overlap} min={0} max={Math.floor(rule.tokens / 2)} step={5} onChange={(overlap) => set({ overlap })} />
          <label className="flex items-center justify-between gap-2 text-[13px]">{t('Fold spaces and empty lines')}<Switch label={t('Fold spaces and empty lines')} on={rule.spaces} onChange={(spaces) => set({ spaces })} /></label>
          <label className="flex items-center justify-between gap-2 text-[13px]">{t('Remove web and mail addresses')}<Switch label={t('Remove web and mail addresses')} on={rule.addresses} onChange={(addresses) => set({ addresses })} /></label>
        </>
      )}
    </fieldset>
  )
}
