// Lighthouse over a web app, the studio and the editor, on a phone and on a desk: `lighthouse.mjs BASE LIGHTHOUSE`, over an empty
// server; LIGHTHOUSE is the folder where the program is installed. Fails below the aims. Each page is measured up to
// three times, since other work on the machine only ever makes a page look slower.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { FLAGS, PATIENCE, program, sample, signUp } from './browser.mjs'

const [base, folder] = process.argv.slice(2)
const core = join(folder, 'node_modules/lighthouse/core')
const { default: lighthouse } = await import(pathToFileURL(join(core, 'index.js')))
const { default: desk } = await import(pathToFileURL(join(core, 'config/desktop-config.js')))

/** Percent. */
const AIMS = { performance: 95, accessibility: 95 }
const TRIES = 3

const port = await new Promise((resolve) => {
  const taken = createServer().listen(0, '127.0.0.1', () => {
    const { port } = taken.address()
    taken.close(() => resolve(port))
  })
})
const profile = mkdtempSync(join(tmpdir(), 'edgewise-lighthouse-'))
// Lighthouse opens its pages in the browser's own profile, where whoever signed up is logged in.
const context = await chromium.launchPersistentContext(profile, {
  executablePath: program(), baseURL: base, locale: 'en-US', args: [...FLAGS, `--remote-debugging-port=${port}`],
})
context.setDefaultTimeout(PATIENCE)

/** The best of some tries, and what it found. */
async function measured(url, config, aims) {
  let best
  for (let tries = 0; tries < TRIES; tries++) {
    const { lhr } = await lighthouse(url, { port, output: 'json', logLevel: 'error', disableStorageReset: true, onlyCategories: Object.keys(aims) }, config)
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`)
    if (new URL(lhr.finalDisplayedUrl).pathname !== new URL(url).pathname) throw new Error(`${url} led to ${lhr.finalDisplayedUrl}`)
    const scores = Object.fromEntries(Object.keys(aims).map((name) => [name, Math.round(lhr.categories[name].score * 100)]))
    if (!best || (scores.performance ?? 0) > (best.scores.performance ?? 0)) best = { scores, lhr }
    if (Object.entries(aims).every(([name, aim]) => scores[name] >= aim)) break
  }
  return best
}

/** What cost the most points. */
function lost({ categories, audits }, name) {
  const refs = categories[name].auditRefs.map(({ id, weight }) => ({ audit: audits[id], weight }))
  const bad = refs.filter(({ audit, weight }) => weight && audit.score !== null && audit.score < 1)
  return bad.map(({ audit }) => `  ${audit.title}: ${audit.displayValue ?? audit.details?.items?.[0]?.node?.snippet ?? ''}`)
}

let missed = false
try {
  const page = await context.newPage()
  await signUp(page)
  await sample(page)
  const app = page.url()
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  await page.close()
  const both = { phone: undefined, desk }
  // The editor is right on a phone, and made for a desk.
  const pages = { 'web app': [link, both], studio: ['/apps', both], editor: [new URL(app).pathname, both] }
  for (const [name, [path, places]] of Object.entries(pages)) {
    for (const [place, config] of Object.entries(places)) {
      const { performance, ...right } = AIMS
      const aims = name === 'editor' && place === 'phone' ? right : { performance, ...right }
      const { scores, lhr } = await measured(new URL(path, base).href, config, aims)
      console.log(`${name}, ${place}: ${Object.entries(scores).map((score) => score.join(' ')).join(', ')}`)
      for (const [category, aim] of Object.entries(aims)) {
        if (scores[category] >= aim) continue
        missed = true
        console.error(`${category} is below ${aim}:\n${lost(lhr, category).join('\n')}`)
      }
    }
  }
} finally {
  await context.close()
  rmSync(profile, { recursive: true, force: true })
}
if (missed) process.exit(1)
