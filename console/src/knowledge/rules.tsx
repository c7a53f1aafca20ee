import { t } from '@/lib/i18n'
import { Switch } from '@/ui/bits'
import { Field, Input, Range } from '@/ui/field'

/** Chunks, or parents that are given to the model, of children that are found. */
export type Way = 'automatic' | 'custom' | 'hierarchical'

export interface Rule { way: Way; whole: boolean; separator: string; tokens: number; overlap: number; childSeparator: string; childTokens: number; spaces: boolean; addresses: boolean }

export const START: Rule = { way: 'automatic', whole: false, separator: '\\n\\n', tokens: 500, overlap: 50, childSeparator: '\\n', childTokens: 200, spaces: true, addresses: false }

const mark = (separator: string) => separator.replaceAll('\\n', '\n')

/** As the server takes it. */
export const ruleOf = (rule: Rule) => {
  if (rule.way === 'automatic') return { mode: 'automatic' }
  const segmentation = { separator: mark(rule.separator), max_tokens: rule.tokens, chunk_overlap: rule.overlap }
  const pre_processing_rules = [{ id: 'remove_extra_spaces', enabled: rule.spaces }, { id: 'remove_urls_emails', enabled: rule.addresses }]
  if (rule.way === 'custom') return { mode: 'custom', rules: { pre_processing_rules, segmentation } }
  const subchunk_segmentation = { separator: mark(rule.childSeparator), max_tokens: rule.childTokens, chunk_overlap: 0 }
  return { mode: 'hierarchical', rules: { pre_processing_rules, subchunk_segmentation, ...(rule.whole ? { parent_mode: 'full-doc' } : { parent_mode: 'paragraph', segmentation }) } }
}

/** The ways that a dataset with documents of this form takes: all of them are of one form. */
export const waysOf = (form?: string | null): Way[] =>
  form === 'hierarchical_model' ? ['hierarchical'] : form ? ['automatic', 'custom'] : ['automatic', 'custom', 'hierarchical']

/** How documents become chunks. */
export function Rules({ rule, form, onChange }: { rule: Rule; form?: string | null; onChange: (rule: Rule) => void }) {
  const set = (change: Partial<Rule>) => onChange({ ...rule, ...change })
  const names: Record<Way, string> = { automatic: t('Automatic'), custom: t('Own rules'), hierarchical: t('Parent and child') }
  return (
    <fieldset className="space-y-4">
      <legend className="mb-3 text-sm font-semibold">{t('How to split')}</legend>
      <div role="radiogroup" aria-label={t('How to split')} className="grid auto-cols-fr grid-flow-col rounded-lg bg-sunken p-1 text-[13px]">
        {waysOf(form).map((way) => (
          <button key={way} type="button" role="radio" aria-checked={rule.way === way} onClick={() => set({ way })} className="rounded-md py-1 font-medium text-ink-2 aria-checked:bg-surface aria-checked:text-ink aria-checked:shadow-card">{names[way]}</button>
        ))}
      </div>
      {rule.way === 'automatic' && <p className="text-[13px] text-ink-3">{t('At paragraphs and sentences, 500 tokens at most, 50 of them shared with the next. Good for most documents.')}</p>}
      {rule.way === 'hierarchical' && (
        <>
          <p className="text-[13px] text-ink-3">{t('Small pieces are found, and the whole passage around them is given to the model.')}</p>
          <label className="flex items-center justify-between gap-2 text-[13px]">{t('The whole document is one passage')}<Switch label={t('The whole document is one passage')} on={rule.whole} onChange={(whole) => set({ whole })} /></label>
          <Field label={t('Cut into pieces at')} hint={t('{mark} is a line break', { mark: '\\n' })}>{(id) => <Input id={id} className="font-mono" value={rule.childSeparator} onChange={(event) => set({ childSeparator: event.target.value })} />}</Field>
          <Range label={t('Longest piece, in tokens')} value={rule.childTokens} min={50} max={1000} step={10} onChange={(childTokens) => set({ childTokens })} />
        </>
      )}
      {rule.way !== 'automatic' && (
        <>
          {!(rule.way === 'hierarchical' && rule.whole) && (
            <>
              <Field label={t('Split first at')} hint={t('{mark} is a line break', { mark: '\\n' })}>{(id) => <Input id={id} className="font-mono" value={rule.separator} onChange={(event) => set({ separator: event.target.value })} />}</Field>
              <Range label={t('Longest chunk, in tokens')} value={rule.tokens} min={50} max={4000} step={10} onChange={(tokens) => set({ tokens, overlap: Math.min(rule.overlap, Math.floor(tokens / 2)) })} />
              <Range label={t('Shared with the next')} value={rule.overlap} min={0} max={Math.floor(rule.tokens / 2)} step={5} onChange={(overlap) => set({ overlap })} />
            </>
          )}
          <label className="flex items-center justify-between gap-2 text-[13px]">{t('Fold spaces and empty lines')}<Switch label={t('Fold spaces and empty lines')} on={rule.spaces} onChange={(spaces) => set({ spaces })} /></label>
          <label className="flex items-center justify-between gap-2 text-[13px]">{t('Remove web and mail addresses')}<Switch label={t('Remove web and mail addresses')} on={rule.addresses} onChange={(addresses) => set({ addresses })} /></label>
        </>
      )}
    </fieldset>
  )
}
