import { ArrowUp, Paperclip, Square } from 'lucide-react'
import { useRef, useState, type ClipboardEvent, type KeyboardEvent } from 'react'
import { t } from '@/lib/i18n'
import { keptHere } from '@/lib/kept'
import { number } from '@/lib/format'
import { say } from '@/lib/toast'
import { HeldFiles, type Files } from './files'
import { Microphone } from './voice'

/** In characters; what is longer belongs into a file or into the knowledge. */
const LONGEST = 100_000

interface Props {
  busy: boolean
  onAsk: (query: string) => void
  onStop: () => void
  placeholder?: string | undefined
  /** Enter sends; otherwise Ctrl+Enter does. */
  enter?: boolean
  /** What was typed before, kept over a reload under this name. */
  keep?: string
  /** Files that go along, where the app takes some. */
  files?: Files
  /** Turns a recording into words, where the app does. */
  hear?: ((sound: Blob) => Promise<string>) | undefined
}

export function Composer({ busy, onAsk, onStop, placeholder, enter = true, keep, files, hear }: Props) {
  const [text, setText] = useState(() => (keep ? (keptHere.get(keep) ?? '') : ''))
  const chooser = useRef<HTMLInputElement>(null)
  const type = (value: string) => {
    if (value.length > LONGEST) {
      say(t('A question has at most {count} characters; what goes beyond was left out. Longer texts belong into the knowledge.', { count: number(LONGEST) }), { kind: 'bad' }, 9_000)
      value = value.slice(0, LONGEST)
    }
    setText(value)
    if (keep) keptHere.set(keep, value)
  }
  const send = () => {
    const query = text.trim()
    if (!query || busy || files?.ready === false) return
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
  const paste = (event: ClipboardEvent) => {
    const words = event.clipboardData.getData('text')
    if (text.length + words.length > LONGEST) {
      // Before the browser lays out all of it.
      event.preventDefault()
      return type(text + words)
    }
    if (!files?.allowed || event.clipboardData.files.length === 0) return
    event.preventDefault()
    files.add(event.clipboardData.files)
  }
  const side = 'grid size-8.5 shrink-0 place-items-center rounded-full text-ink-3 hover:bg-sunken hover:text-ink disabled:opacity-40 [&_svg]:size-4.5'
  const round = 'grid size-8.5 shrink-0 place-items-center rounded-full bg-accent text-on-accent hover:bg-accent-hover disabled:opacity-40 [&_svg]:size-4'
  return (
    <div className="rounded-2xl border border-line-strong bg-surface p-1.5 shadow-card focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/20">
      {files && <HeldFiles files={files} />}
      <div className="flex items-end gap-1.5 pl-2 first:pl-2">
      {files?.allowed && (
        <>
          <button type="button" aria-label={t('Attach files')} title={t('Attach files')} disabled={busy} onClick={() => chooser.current?.click()} className={`-ml-1.5 ${side}`}><Paperclip /></button>
          <input ref={chooser} type="file" hidden multiple accept={files.allowed.accept} aria-label={t('Attach files')} onChange={(event) => { files.add(event.target.files ?? []); event.target.value = '' }} />
        </>
      )}
      <textarea
        aria-label={t('Your question')}
        rows={1}
        value={text}
        placeholder={placeholder || t('Ask something')}
        onChange={(event) => type(event.target.value)}
        onKeyDown={key}
        onPaste={paste}
        className="field-sizing-content max-h-48 min-h-8.5 flex-1 resize-none bg-transparent py-1.5 text-sm placeholder:text-ink-3 focus:outline-none"
      />
      {hear && !busy && <Microphone hear={hear} onWords={(words) => type(text ? `${text} ${words}` : words)} className={side} />}
      {busy ? <button type="button" aria-label={t('Stop')} onClick={onStop} className={round}><Square fill="currentColor" /></button> : <button type="button" aria-label={t('Send')} disabled={!text.trim() || files?.ready === false} onClick={send} className={round}><ArrowUp /></button>}
      </div>
    </div>
  )
}
