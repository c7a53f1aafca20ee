// Text of models and of documents, none of it trusted: no HTML, no pictures of other hosts, links that show where they
// lead before they lead there. Formulas and coloured code are read only when a text has some.
import { lazy, memo, Suspense } from 'react'

const Rich = lazy(() => import('./rich'))

export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return <Suspense fallback={<div className="md whitespace-pre-wrap">{text}</div>}><Rich text={text} /></Suspense>
})
