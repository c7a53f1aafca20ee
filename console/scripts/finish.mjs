// After the build: gzip beside each file that it makes smaller, and the size of what a first visit loads.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const site = new URL('../built/site', import.meta.url).pathname
const FIRST_LOAD = 250 * 1024
const EMBED = 10 * 1024

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? files(path) : [path]
  })
}

for (const path of files(site)) {
  if (path.endsWith('.gz')) continue
  const whole = readFileSync(path)
  const small = gzipSync(whole, { level: 9 })
  if (small.length < whole.length * 0.9) writeFileSync(`${path}.gz`, small)
}

/** A file and what it imports before it can run. */
function weigh(name, seen) {
  if (seen.has(name)) return
  const path = join(site, name)
  const text = readFileSync(path, 'utf8')
  seen.set(name, gzipSync(text).length)
  if (!name.endsWith('.js')) return
  for (const [, file] of text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) weigh(`assets/${file}`, seen)
}

const page = readFileSync(join(site, 'index.html'), 'utf8')
const seen = new Map([['index.html', gzipSync(page).length]])
for (const [, file] of page.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)) weigh(file, seen)
const total = [...seen.values()].reduce((sum, size) => sum + size, 0)
const embed = gzipSync(readFileSync(join(site, 'embed.min.js'))).length
console.log(`first load: ${(total / 1024).toFixed(1)} KB in ${seen.size} files; embed.min.js: ${(embed / 1024).toFixed(1)} KB (gzipped)`)
if (total > FIRST_LOAD || embed > EMBED) {
  console.error(`more than ${FIRST_LOAD / 1024} KB for the first load or ${EMBED / 1024} KB for embed.min.js`)
  process.exit(1)
}
