// Every text that the console shows has its Chinese; nothing is translated that is not shown.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const src = new URL('../src', import.meta.url).pathname
const walk = (folder) => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name)
  return statSync(path).isDirectory() ? walk(path) : /\.tsx?$/.test(name) && !/^zh/.test(name) ? [path] : []
})
const literal = /\bt\(\s*'((?:[^'\\]|\\.)*)'/g
const unescape = (text) => text.replace(/\\n/g, '\n').replace(/\\(.)/g, '$1')

const used = new Set()
for (const path of walk(src)) {
  for (const [, text] of readFileSync(path, 'utf8').matchAll(literal)) used.add(unescape(text))
}
const translated = new Set()
for (const name of readdirSync(join(src, 'lib')).filter((name) => /^zh.*\.ts$/.test(name))) {
  const text = readFileSync(join(src, 'lib', name), 'utf8')
  for (const [, key] of text.matchAll(/^\s*'((?:[^'\\]|\\.)*)':/gm)) translated.add(unescape(key))
}
const missing = [...used].filter((text) => !translated.has(text))
const spare = [...translated].filter((text) => !used.has(text))
for (const text of missing) console.error(`no Chinese for: ${JSON.stringify(text)}`)
for (const text of spare) console.error(`shown nowhere: ${JSON.stringify(text)}`)
if (missing.length || spare.length) process.exit(1)
console.log(`${used.size} texts in two languages`)
