import { useState } from 'react'
import { CopyButton } from '@/chat/code'

/** The same thing in several languages, to copy. */
export function Snippet({ samples }: { samples: { name: string; text: string }[] }) {
  const [at, setAt] = useState(0)
  const text = samples[at]?.text ?? ''
  return (
    <div className="overflow-hidden rounded-xl border border-line">
      <div className="flex items-center border-b border-line bg-sunken px-2 py-1">
        <div role="tablist" className="flex gap-1">
          {samples.map(({ name }, index) => (
            <button key={name} type="button" role="tab" aria-selected={at === index} onClick={() => setAt(index)} className="rounded-md px-2 py-0.5 text-xs font-medium text-ink-2 aria-selected:bg-surface aria-selected:text-ink aria-selected:shadow-card">{name}</button>
          ))}
        </div>
        <CopyButton text={() => text} className="ml-auto" />
      </div>
      <pre tabIndex={0} className="overflow-x-auto bg-surface p-4 font-mono text-xs leading-relaxed"><code>{text}</code></pre>
    </div>
  )
}
