import { ArrowUp, Square } from 'lucide-react'
import { useState, type KeyboardEvent } from 'react'
import { t } from '@/lib/i18n'
import { keptHere } from '@/lib/kept'

interface Props {
  busy: boolean
  onAsk: (query: string) => void
  onStop: () => void
  placeholder?: string | undefined
  /** Enter sends; otherwise Ctrl+Enter does. */
  enter?: boolean
  /** What was typed before, kept over a reload under this name. */
  keep?: string
}

export function Composer({ busy, onAsk, onStop, placeholder, enter = true, keep }: Props) {
  const [text, setText] = useState(() => (keep ? (keptHere.get(keep) ?? '') : ''))
  const type = (value: string) => {
    setText(value)
    if (keep) keptHere.set(keep, value)
  }
  const send = () => {
    const query = text.trim()
    if (!query || busy) return
    type('')
    onAsk(query)
  }
  const key = (event: KeyboardEvent) => {
    // While a word is composed (Chinese, Japanese), Enter belongs to the keyboard.
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
    if (enter ? event.shiftKey : !event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    send()
  }
  const round = 'grid size-8.5 shrink-0 place-items-center rounded-full bg-accent text-on-accent hover:bg-accent-hover disabled:opacity-40 [&_svg]:size-4'
  return (
    <div className="flex items-end gap-2 rounded-2xl border border-line-strong bg-surface p-1.5 pl-3.5 shadow-card focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/20">
      <textarea
        aria-label={t('Your question')}
        rows={1}
        value={text}
        placeholder={placeholder || t('Ask something')}
        onChange={(event) => type(event.target.value)}
        onKeyDown={key}
        className="field-sizing-content max-h-48 min-h-8.5 flex-1 resize-none bg-transparent py-1.5 text-sm placeholder:text-ink-3 focus:outline-none"
      />
      {busy ? <button type="button" aria-label={t('Stop')} onClick={onStop} className={round}><Square fill="currentColor" /></button> : <button type="button" aria-label={t('Send')} disabled={!text.trim()} onClick={send} className={round}><ArrowUp /></button>}
    </div>
  )
}
