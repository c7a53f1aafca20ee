// Formulas as models write them, made into those that Markdown knows: `$…$` in a line, `$$` on lines of their own.

/** Code, which stays as it is; then each way to write a formula; then any other dollar. */
const PARTS =
  /(^ {0,3}(?:```|~~~)[\s\S]*?(?:^ {0,3}(?:```|~~~)|$(?![\s\S]))|`[^`\n]+`)|^([ \t]*)(?:\\\[([\s\S]+?)\\\]|\$\$([^\n$]+)\$\$)[ \t]*$|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|(^[ \t]*\$\$[ \t]*$[\s\S]*?^[ \t]*\$\$[ \t]*$|\$\$[^\n$]+\$\$|\$(?=[^\s$])(?:[^$\n]*?[^\s$\\])?\$(?![\d$])|\\.)|\$+/gm

export const hasFormulas = (text: string) => /\$[\s\S]*\$|\\\(|\\\[/.test(text)

/** A dollar that begins no formula is an amount of money: `$5 to $10` is none, `$x + y$` is one. */
export const formulas = (text: string) =>
  text.replace(PARTS, (whole, code?: string, pad?: string, bracketed?: string, line?: string, inside?: string, inline?: string, formula?: string) => {
    if (code !== undefined || formula !== undefined) return whole
    const block = bracketed ?? line
    if (block !== undefined) return `${pad}$$\n${pad}${block.trim()}\n${pad}$$`
    if (inside !== undefined) return `$$${inside.trim()}$$`
    return inline === undefined ? whole.replaceAll('$', '\\$') : `$${inline.trim()}$`
  })
