// What is kept in a knowledge base: chunks looked at before anything is indexed; chunks edited, switched off, added and
// deleted, and what the search makes of it; scores; files that cannot be taken. Run with a server's base URL.
import assert from 'node:assert/strict'
import { knowledge, launch, signUp, until, watched } from './browser.mjs'

const base = process.argv[2]
const browser = await launch()
const { page, problems } = await watched(browser, base)

const CHUNKS = ['The ferry to the island leaves at 9:15 from the wooden pier.', 'A berth for one night costs 23 crowns, water included.', 'The lighthouse was painted red by the keeper in spring.']
const list = () => page.getByRole('main').getByRole('listitem')
const of = (text) => list().filter({ hasText: text })

const give = (...files) => page.locator('input[type=file]').setInputFiles(files.map(([name, mimeType, text]) => ({ name, mimeType, buffer: Buffer.from(text) })))

/** By own rules, since at automatic ones three sentences are one chunk. */
async function previewed() {
  await knowledge(page, 'Harbour')
  await page.getByRole('radio', { name: 'Own rules' }).click()
  // The shortest chunks that there are: each sentence is one.
  await page.getByLabel('Split first at').fill('***')
  await give(['harbour.md', 'text/markdown', CHUNKS.join('***')])
  const seen = []
  await page.route('**/create-by-file', (route) => (seen.push(route.request().url()), route.continue()))
  await page.getByRole('button', { name: 'Preview chunks' }).click()
  const preview = page.getByRole('dialog')
  await preview.getByText('3 chunks').waitFor()
  const texts = await preview.getByRole('listitem').allInnerTexts()
  assert.deepEqual(texts.map((text, at) => text.includes(CHUNKS[at])), [true, true, true], texts.join('\n'))
  for (const text of texts) assert.match(text, /#\d · \d+ tokens/)
  // Another rule gives other chunks, before anything is kept.
  await page.keyboard.press('Escape')
  await page.getByLabel('Split first at').fill('+++')
  await page.getByRole('button', { name: 'Preview chunks' }).click()
  await preview.getByText(/^1 chunks?,/).waitFor()
  await page.keyboard.press('Escape')
  await page.getByLabel('Split first at').fill('***')
  assert.deepEqual(seen, [], 'it was indexed before anybody said so')
  await page.getByRole('button', { name: 'Add the document' }).click()
  await page.getByText('3 chunks, ready').waitFor()
  await page.getByRole('link', { name: 'To the documents' }).click()
  await page.getByRole('link', { name: 'harbour.md' }).click()
  for (const text of CHUNKS) await of(text).waitFor()
  return page.url()
}

/** What the search gives for a question: texts and scores, best first. */
async function search(base, question) {
  await page.goto(base.replace(/\/documents\/.*/, '/test'))
  await page.getByLabel('Question').fill(question)
  const [answer] = await Promise.all([page.waitForResponse('**/hit-testing'), page.getByRole('button', { name: 'Search', exact: true }).click()])
  const { records } = await answer.json()
  await until(async () => (await list().count()) === records.length, 'what was found is shown')
  const rows = await list().allInnerTexts()
  return rows.map((text, at) => ({ text, shown: text.match(/^\d\.\d{3}$/m)?.[0], score: records[at].score }))
}

async function scored(at) {
  const found = await search(at, 'What does a berth cost?')
  assert.match(found[0].text, /23 crowns/)
  for (const { shown, score } of found) {
    assert.ok(score > 0 && score <= 1, `a score of ${score}`)
    assert.equal(shown, score.toFixed(3))
  }
  const scores = found.map(({ score }) => score)
  assert.deepEqual(scores, scores.toSorted((a, b) => b - a), 'the best is not first')
  // Above the best score there is nothing.
  await page.getByRole('switch', { name: 'Only above a score' }).click()
  await page.getByRole('spinbutton', { name: 'Score' }).fill('1')
  await page.getByRole('button', { name: 'Search', exact: true }).click()
  await page.getByText('Nothing fitted the question.').waitFor()
}

async function edited(at) {
  await page.goto(at)
  await of('wooden pier').getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Content').fill('The ferry to the island leaves at noon from the marble jetty.')
  await page.getByRole('button', { name: 'Save' }).click()
  await of('marble jetty').waitFor()
  const [first] = await search(at, 'Where does the ferry to the island leave?')
  assert.match(first.text, /marble jetty/)
  assert.ok(!(await search(at, 'the wooden pier')).some(({ text }) => text.includes('wooden pier')), 'what stood there before is still found')
}

async function off(at) {
  await page.goto(at)
  const row = of('lighthouse')
  await row.getByRole('switch', { name: 'Take into the search' }).click()
  await row.getByText('Off', { exact: true }).waitFor()
  const named = async () => (await search(at, 'Who painted the lighthouse?')).some(({ text }) => text.includes('by the keeper'))
  assert.equal(await named(), false, 'a chunk that is off is found')
  await page.goto(at)
  await row.getByRole('switch', { name: 'Take into the search' }).click()
  await row.getByText('Off', { exact: true }).waitFor({ state: 'detached' })
  assert.equal(await named(), true, 'a chunk that is on again is not found')
}

async function added(at) {
  await page.goto(at)
  await page.getByRole('button', { name: 'Add a chunk' }).click()
  await page.getByLabel('Content').fill('Dogs may swim at the northern beach after sunset.')
  await page.getByRole('button', { name: 'Save' }).click()
  await of('northern beach').waitFor()
  const [first] = await search(at, 'Where may dogs swim?')
  assert.match(first.text, /northern beach/)
  await page.goto(at)
  await of('northern beach').getByRole('button', { name: 'Delete' }).click()
  await of('northern beach').waitFor({ state: 'detached' })
  await page.reload()
  await of('marble jetty').waitFor()
  assert.equal(await of('northern beach').count(), 0)
  assert.ok(!(await search(at, 'Where may dogs swim?')).some(({ text }) => text.includes('northern beach')), 'a deleted chunk is found')
}

/** Each file that cannot be taken says why, at its own name; the others go on. */
async function refused(at) {
  await page.goto(at.replace(/\/documents\/.*/, '/add'))
  await give(['broken.pdf', 'application/pdf', 'This is a letter.'], ['torn.pdf', 'application/pdf', '%PDF-1.7\nand nothing of the kind'], ['nothing.txt', 'text/plain', ''], ['song.mp3', 'audio/mpeg', 'ID3'], ['good.txt', 'text/plain', 'The bakery opens at six.'])
  await page.getByRole('button', { name: 'Add 5 documents' }).click()
  await of('good.txt').getByText(/chunks?, ready/).waitFor()
  const why = { 'broken.pdf': /PDF/, 'torn.pdf': /PDF/, 'nothing.txt': /empty/, 'song.mp3': /mp3|type/ }
  for (const [name, words] of Object.entries(why)) {
    const said = await of(name).getByRole('alert').innerText()
    console.log(`${name}: ${said}`)
    assert.match(said, words)
    assert.match(said, /^[^{}<>]{10,200}$/, 'not a sentence')
  }
  assert.equal(await list().getByRole('alert').count(), 4)
}

try {
  await signUp(page)
  const at = await previewed()
  await scored(at)
  await edited(at)
  await off(at)
  await added(at)
  await refused(at)
  assert.deepEqual(problems, [])
  console.log('chunks, scores and files that cannot be taken: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  await browser.close()
}
