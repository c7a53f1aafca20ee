import { Check, Copy } from 'lucide-react'
import { isValidElement, lazy, Suspense, useRef, useState, type ReactNode } from 'react'
import { t } from '@/lib/i18n'

/** Copies what the element shows, and says that it did. */
export function CopyButton({ text, className }: { text: () => string; className?: string }) {
  const [done, setDone] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text())
    setDone(true)
    setTimeout(() => setDone(false), 1500)
  }
  return (
    <button type="button" aria-label={t('Copy')} title={t('Copy')} onClick={() => void copy()} className={`inline-grid size-7 place-items-center rounded-md text-ink-3 hover:bg-sunken hover:text-ink [&_svg]:size-3.5 ${className ?? ''}`}>
      {done ? <Check className="text-accent" /> : <Copy />}
    </button>
  )
}

const Diagram = lazy(() => import('./diagram'))

/** The letters of an element and all within it. */
function letters(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node)
  if (Array.isArray(node)) return node.map((part: ReactNode) => letters(part)).join('')
  return isValidElement<{ children?: ReactNode }>(node) ? letters(node.props.children) : ''
}

export function CodeBlock({ children }: { children?: ReactNode }) {
  const block = useRef<HTMLPreElement>(null)
  const kind = isValidElement<{ className?: string }>(children) ? (children.props.className ?? '') : ''
  if (/\blanguage-mermaid\b/.test(kind)) {
    const text = letters(children)
    return <Suspense fallback={<pre>{text}</pre>}><Diagram text={text} /></Suspense>
  }
  return (
    <div className="group/code relative">
      <pre ref={block} tabIndex={0}>{children}</pre>
      <CopyButton text={() => block.current?.textContent ?? ''} className="absolute top-1.5 right-1.5 bg-surface opacity-0 group-hover/code:opacity-100 focus-visible:opacity-100" />
    </div>
  )
}
