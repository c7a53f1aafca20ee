import { useEffect, useState, type ComponentProps } from 'react'
import ReactMarkdown, { type Options } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { CodeBlock } from './code'
import { formulas, hasFormulas } from './formulas'
import { Leads, Picture } from './outside'

type Plugins = Pick<Options, 'remarkPlugins' | 'rehypePlugins'>

const PLAIN: Plugins = { remarkPlugins: [remarkGfm], rehypePlugins: [] }
/** More than this is shown as it is: no page is worth a frozen browser. */
const LONGEST = 200_000

const hasCode = (text: string) => /^```/m.test(text)

/** Plugins for what the text holds, once they have come. */
function usePlugins(math: boolean, code: boolean): Plugins {
  const [plugins, setPlugins] = useState(PLAIN)
  useEffect(() => {
    if (!math && !code) return
    let there = true
    void Promise.all([math ? import('./math') : undefined, code ? import('rehype-highlight') : undefined]).then(([formulas, colours]) => {
      if (!there) return
      setPlugins({
        remarkPlugins: [remarkGfm, ...(formulas ? [formulas.remarkMath] : [])],
        rehypePlugins: [...(formulas ? [formulas.rehypeKatex] : []), ...(colours ? [colours.default] : [])],
      })
    })
    return () => {
      there = false
    }
  }, [math, code])
  return plugins
}

const COMPONENTS: ComponentProps<typeof ReactMarkdown>['components'] = {
  a: ({ href, children }) => <Leads href={href ?? ''}>{children}</Leads>,
  img: ({ src, alt }) => <Picture src={typeof src === 'string' ? src : ''} alt={alt ?? ''} />,
  pre: CodeBlock,
  // Tasks of a list are shown, not ticked.
  input: (props) => <input type="checkbox" disabled checked={props.checked ?? false} aria-label={props.checked ? '✓' : '–'} readOnly />,
}

export default function Rich({ text }: { text: string }) {
  const math = hasFormulas(text)
  const plugins = usePlugins(math, hasCode(text))
  if (text.length > LONGEST) return <div className="md whitespace-pre-wrap">{text}</div>
  return (
    <div className="md">
      <ReactMarkdown {...plugins} components={COMPONENTS} skipHtml>{math ? formulas(text) : text}</ReactMarkdown>
    </div>
  )
}
