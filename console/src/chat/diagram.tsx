// Mermaid diagrams. What comes out of the library is shown as a picture, never as part of the page: a picture runs no
// script, follows no link and asks nobody for anything, whatever the text behind it holds.
import { useEffect, useState } from 'react'
import { t } from '@/lib/i18n'

const LONGEST = 20_000
const PAUSE = 300

let next = 0

/**
 * Without settings of its own, which could bring styles, and without tags: to measure its labels the library puts them
 * into the page for a moment. Line breaks, arrows and `<<interface>>` stay.
 */
const plain = (text: string) =>
  text
    .replace(/^\s*---[\s\S]*?\n---\s*\n/, '')
    .replace(/%%\{[\s\S]*?\}%%/g, '')
    .replace(/[#&]#?(?:lt|x?0*(?:60|3c));?/gi, '‹')
    .replace(/<<[\w -]+>>|<br\s*\/?>|<(?=[a-z/!?])/gi, (found) => (found.length > 1 ? found : '‹'))

const isDark = () => {
  const chosen = document.documentElement.dataset.theme
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
}

function useDark() {
  const [dark, setDark] = useState(isDark)
  useEffect(() => {
    const look = () => setDark(isDark())
    const watch = new MutationObserver(look)
    watch.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    const system = matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', look)
    return () => {
      watch.disconnect()
      system.removeEventListener('change', look)
    }
  }, [])
  return dark
}

interface Drawing { url: string; width: number }

async function draw(text: string, dark: boolean): Promise<Drawing> {
  const { default: mermaid } = await import('mermaid')
  mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', suppressErrorRendering: true, theme: dark ? 'dark' : 'neutral', htmlLabels: false, flowchart: { htmlLabels: false }, fontFamily: 'system-ui, sans-serif', maxTextSize: LONGEST })
  const { svg } = await mermaid.render(`diagram-${next++}`, plain(text))
  const root = new DOMParser().parseFromString(svg, 'text/html').querySelector('svg')
  if (!root) throw new Error('nothing was drawn')
  const [, , width = 400, height = 300] = (root.getAttribute('viewBox') ?? '').split(/\s+/).map(Number)
  root.setAttribute('width', String(width))
  root.setAttribute('height', String(height))
  root.removeAttribute('style')
  const picture = new XMLSerializer().serializeToString(root)
  return { url: URL.createObjectURL(new Blob([picture], { type: 'image/svg+xml' })), width }
}

/** The picture; before there is one, and where the text is broken, the text. */
export default function Diagram({ text }: { text: string }) {
  const dark = useDark()
  const [drawing, setDrawing] = useState<Drawing>()
  useEffect(() => {
    let there = true
    let mine: string | undefined
    // While an answer is written its diagrams are not whole: drawn when it pauses.
    const timer = setTimeout(() => {
      if (text.length > LONGEST) return
      draw(text, dark).then((made) => {
        mine = made.url
        if (there) setDrawing(made)
        else URL.revokeObjectURL(made.url)
      }, () => there && setDrawing(undefined))
    }, PAUSE)
    return () => {
      there = false
      clearTimeout(timer)
      if (mine) URL.revokeObjectURL(mine)
    }
  }, [text, dark])
  if (!drawing) return <pre tabIndex={0}><code>{text}</code></pre>
  return (
    <figure className="my-3 overflow-x-auto rounded-lg border border-line bg-surface p-3">
      <img src={drawing.url} width={drawing.width} alt={t('A diagram')} className="mx-auto h-auto max-w-full" />
      <details className="mt-2 text-xs text-ink-3"><summary>{t('As text')}</summary><pre tabIndex={0} className="mt-2"><code>{text}</code></pre></details>
    </figure>
  )
}
