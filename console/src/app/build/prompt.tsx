import { BookOpenText, Plus, TextCursorInput } from 'lucide-react'
import { useRef, type ClipboardEvent, type ReactNode } from 'react'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { entries, named } from './fields'
import { Part, type PartProps } from './part'

/** In characters, as the server takes them. */
const LONGEST = 200_000

/** The prompt. Variables are marked where they stand, by a layer below the letters that are typed. */
export function PromptPart({ app, config, set }: PartProps) {
  const area = useRef<HTMLTextAreaElement>(null)
  const text = config.pre_prompt ?? ''
  const known = entries(config).map(({ field }) => field.variable)
  const hasKnowledge = (config.dataset_configs?.datasets?.datasets ?? []).length > 0
  const missing = named(text).filter((name) => !known.includes(name))

  const type = (value: string) => {
    if (value.length > LONGEST) say(t('A prompt has at most {count} characters; what goes beyond was left out. Longer texts belong into the knowledge.', { count: number(LONGEST) }), { kind: 'bad' }, 9_000)
    set({ pre_prompt: value.slice(0, LONGEST) })
  }
  const paste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const words = event.clipboardData.getData('text')
    const { selectionStart: from, selectionEnd: to } = event.currentTarget
    if (text.length + words.length - (to - from) <= LONGEST) return
    // Before the browser lays out all of it.
    event.preventDefault()
    type(text.slice(0, from) + words + text.slice(to))
  }
  const insert = (piece: string) => {
    const { selectionStart: from = text.length, selectionEnd: to = text.length } = area.current ?? {}
    set({ pre_prompt: text.slice(0, from) + piece + text.slice(to) })
    requestAnimationFrame(() => {
      area.current?.focus()
      area.current?.setSelectionRange(from + piece.length, from + piece.length)
    })
  }
  const declare = (name: string) =>
    set({ user_input_form: [...(config.user_input_form ?? []), { 'text-input': { label: name, variable: name, required: true, max_length: 48, default: '' } }] })

  const shared = 'col-start-1 row-start-1 min-h-44 w-full px-3.5 py-3 font-sans text-sm leading-relaxed break-words whitespace-pre-wrap'
  return (
    <Part title={t('Prompt')} about={app.mode === 'completion' ? t('What to make of the inputs.') : t('Who the assistant is and how it answers.')}>
      <div className="grid max-h-[60vh] overflow-y-auto rounded-lg border border-line-strong bg-surface focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/20">
        <div aria-hidden className={`${shared} text-transparent`}>
          {text.split(/(\{\{#?[\w.]+#?\}\})/).map((piece, index) =>
            index % 2 ? <mark key={index} className="rounded bg-soft text-transparent ring-1 ring-accent/40">{piece}</mark> : piece,
          )}{' '}
        </div>
        <textarea
          ref={area}
          aria-label={t('Prompt')}
          value={text}
          spellCheck={false}
          placeholder={t('You are a helpful assistant. Answer in short, plain sentences.')}
          onChange={(event) => type(event.target.value)}
          onPaste={paste}
          className={`${shared} resize-none overflow-hidden bg-transparent text-ink placeholder:text-ink-3 focus:outline-none`}
        />
      </div>
      <div className="mt-2.5 flex flex-wrap items-center gap-1.5">
        {known.map((name) => <Chip key={name} onClick={() => insert(`{{${name}}}`)}><TextCursorInput aria-hidden /> {name}</Chip>)}
        {hasKnowledge && <Chip onClick={() => insert('{{#context#}}')}><BookOpenText aria-hidden /> {t('Context')}</Chip>}
        {missing.map((name) => (
          <button key={name} type="button" onClick={() => declare(name)} className="inline-flex h-6.5 items-center gap-1 rounded-md bg-warn-soft px-2 text-xs font-medium text-warn hover:ring-1 hover:ring-warn [&_svg]:size-3.5">
            <Plus aria-hidden /> {t('Make {name} a variable', { name })}
          </button>
        ))}
        <span className="ml-auto text-xs text-ink-3">{t('{count} characters', { count: number(text.length) })}</span>
      </div>
    </Part>
  )
}

const Chip = ({ onClick, children }: { onClick: () => void; children: ReactNode }) => (
  <button type="button" onClick={onClick} title={t('Insert')} className="inline-flex h-6.5 items-center gap-1 rounded-md bg-soft px-2 font-mono text-xs font-medium text-soft-ink hover:ring-1 hover:ring-accent [&_svg]:size-3.5">{children}</button>
)
