// One version of KaTeX for the letters' styles and for what writes the letters: names of its classes change between them.
import 'katex/dist/katex.min.css'

export { default as rehypeKatex } from 'rehype-katex'
export { default as remarkMath } from 'remark-math'
