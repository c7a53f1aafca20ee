// What whoever built an app sees of its use: the log filtered by words, time and prepared answers; the passages and the
// time behind an answer; what visitors and the team thought of it; an answer of the log made a prepared one, which the next
// visitor gets; the CSV file. Run with a server's base URL.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ask, launch, sample, signUp, until, watched } from './browser.mjs'
import { fakeModel, useProvider } from './fake-model.mjs'

const base = process.argv[2]
const browser = await launch()
const { context, page, problems } = await watched(browser, base)

const KEY = 'Where do I leave the key?'
const BOAT = 'Who painted the BOATHOUSE, and when?'
const SUM = '=SUM(1,2) HYMN'
/** What a table may stumble over. */
const SPLIT = 'Aunt "Mia", in 1987;\nnobody else, she says.'
const model = await fakeModel({ BOATHOUSE: SPLIT, 'leave the key': 'In the blue box.', HYMN: 'A hymn.' })

/** Somebody asks on the page, and may judge the answer. */
async function visit(link, question, said, verdict) {
  const visitor = await watched(browser, base)
  await visitor.page.goto(link)
  await ask(visitor.page, question)
  await visitor.page.getByRole('log').getByText(said).waitFor()
  await visitor.page.getByRole('button', { name: 'Ask again' }).waitFor()
  if (verdict) {
    const [kept] = await Promise.all([visitor.page.waitForResponse('**/feedbacks'), visitor.page.getByRole('button', { name: verdict }).click()])
    assert.ok(kept.ok(), `feedback: ${kept.status()}`)
  }
  assert.deepEqual(visitor.problems, [])
  await visitor.context.close()
}

const rows = (on = page) => on.getByRole('main').getByRole('listitem')
const row = (question, on) => rows(on).filter({ hasText: question })

/** These conversations are listed, and no others. */
async function listed(...questions) {
  const texts = async () => (await rows().allInnerTexts()).map((text) => text.split('\n')[0])
  await until(async () => (await texts()).toSorted().join() === questions.toSorted().join(), `listed are ${questions.join(' · ')}`)
}

async function filtered(app) {
  await page.goto(`${app}/logs`)
  await listed(KEY, BOAT, SUM)
  await page.getByLabel('Search the logs').fill('boathouse')
  await listed(BOAT)
  await page.getByLabel('Search the logs').fill('submarine')
  await page.getByText('Nothing in this period').waitFor()
  await page.getByLabel('Search the logs').fill('')
  await listed(KEY, BOAT, SUM)
  await page.getByLabel('Prepared answers').selectOption({ label: 'With a prepared answer' })
  await page.getByText('Nothing in this period').waitFor()
  await page.getByLabel('Prepared answers').selectOption({ label: 'Without a prepared answer' })
  await listed(KEY, BOAT, SUM)
  // Forty days later a week does not reach back to them, and ninety days do.
  const later = await watched(browser, base, { storageState: await context.storageState() })
  await later.page.clock.setFixedTime(Date.now() + 40 * 86_400_000)
  await later.page.goto(`${app}/logs`)
  await later.page.getByText('Nothing in this period').waitFor()
  await later.page.getByLabel('Period').selectOption('90')
  await row(KEY, later.page).waitFor()
  assert.equal(await rows(later.page).count(), 3)
  await later.page.getByLabel('Period').selectOption('30')
  await later.page.getByText('Nothing in this period').waitFor()
  await later.context.close()
}

/** How one answer came to be. */
async function seen() {
  await row(KEY).getByLabel('liked').waitFor()
  await row(BOAT).getByLabel('disliked').waitFor()
  await row(KEY).click()
  const thread = page.getByRole('dialog')
  await thread.getByText('liked', { exact: true }).waitFor()
  await thread.getByText('In the blue box.').waitFor()
  await thread.getByRole('button', { name: 'Bad answer' }).click()
  await thread.getByRole('button', { name: 'Bad answer', pressed: true }).waitFor()
  const [answer] = await Promise.all([page.waitForResponse('**/trace'), thread.getByRole('button', { name: 'What the model saw' }).click()])
  const trace = await answer.json()
  const drawer = page.getByRole('dialog', { name: 'What the model saw' })
  const hit = drawer.getByRole('group').filter({ hasText: 'in the prompt' }).first()
  await hit.getByText('house-rules.md').click()
  await hit.getByText('Leave the key in the blue box beside the front door').waitFor()
  await hit.getByText(trace.retrieval.hits[0].score.toFixed(3)).waitFor()
  assert.match(await drawer.getByRole('definition').nth(1).innerText(), /^20\b/)
  await waterfall(drawer, trace.timing)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await thread.waitFor({ state: 'detached' })
}

/** Three bars, each where the one before it ends, that fill the time of the answer. */
async function waterfall(drawer, timing) {
  const steps = ['Gathering', 'To the first word', 'Writing'].map((name) => drawer.getByRole('listitem').filter({ hasText: name }))
  let [end, sum] = [0, 0]
  for (const step of steps) {
    const bar = await step.locator('[style]').evaluate(({ style }) => [parseFloat(style.left), parseFloat(style.width)])
    assert.ok(Math.abs(bar[0] - end) < 0.1, `it begins at ${bar[0]} %, and what was before it ends at ${end} %`)
    end = bar[0] + bar[1]
    sum += Number((await step.innerText()).match(/([\d,]+) ms/)[1].replaceAll(',', ''))
  }
  assert.ok(Math.abs(end - 100) < 0.1, `the last ends at ${end} %`)
  assert.equal(sum, timing.gather_ms + timing.total_ms)
}

/** From the log into the prepared answers, and to the next visitor. */
async function prepared(app, link) {
  await page.goto(`${app}/annotations`)
  await page.getByRole('switch', { name: 'Give prepared answers' }).click()
  await page.getByText('Prepared answers are given from now on').waitFor()
  await page.goto(`${app}/logs`)
  await row(BOAT).click()
  await page.getByRole('button', { name: 'Prepare an answer' }).click()
  assert.equal(await page.getByLabel('Question').inputValue(), BOAT)
  assert.equal(await page.getByRole('textbox', { name: 'Answer' }).inputValue(), SPLIT)
  await page.getByRole('textbox', { name: 'Answer' }).fill('Uncle Otto, in 1990.')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved').waitFor()
  await page.getByRole('dialog').getByText('prepared', { exact: true }).waitFor()
  await page.keyboard.press('Escape')
  // With the app's prompt, that is: conversations are named by the model.
  const answers = () => model.asked.filter((asked) => JSON.stringify(asked).includes('Answer from the given context only')).length
  const asked = answers()
  assert.equal(asked, 3)
  await visit(link, BOAT, 'Uncle Otto, in 1990.')
  assert.equal(answers(), asked, 'the model was asked')
  await page.reload()
  await page.getByLabel('Prepared answers').selectOption({ label: 'Without a prepared answer' })
  // Who was given it has none prepared from their own conversation.
  await listed(KEY, SUM, BOAT)
  await page.getByLabel('Prepared answers').selectOption({ label: 'With a prepared answer' })
  await listed(BOAT)
  await row(BOAT).getByText('prepared').waitFor()
  await row(BOAT).getByLabel('disliked').waitFor()
  await page.getByLabel('Prepared answers').selectOption({ label: 'All' })
  await listed(KEY, SUM, BOAT, BOAT)
}

/** Its lines by the names of their columns. */
function table(text) {
  const cells = [...text.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g)]
  const lines = [[]]
  for (const [, cell, end] of cells) {
    lines.at(-1).push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end !== ',') lines.push([])
  }
  const [names, ...rest] = lines.filter((line) => line.length > 1)
  return rest.map((line) => Object.fromEntries(names.map((name, at) => [name, line[at]])))
}

async function saved() {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()])
  assert.equal(download.suggestedFilename(), 'Knowledge assistant.csv')
  return table(readFileSync(await download.path(), 'utf8').replace(/^\ufeff/, ''))
}

async function exported() {
  const all = await saved()
  assert.equal(all.length, 4)
  const key = all.find(({ query }) => query === KEY)
  assert.deepEqual([key.answer, key.user_feedback, key.admin_feedback, key.prompt_tokens, key.completion_tokens, key.status], ['In the blue box.', 'like', 'dislike', '20', '8', 'normal'])
  const boat = all.find(({ query, user_feedback }) => query === BOAT && user_feedback)
  assert.deepEqual([boat.answer, boat.user_feedback], [SPLIT, 'dislike'])
  // A program for tables takes it as words.
  assert.ok(all.some(({ query }) => query === `'${SUM}`), all.map(({ query }) => query).join('\n'))
  // What is listed is what is saved.
  await page.getByLabel('Search the logs').fill('hymn')
  await listed(SUM)
  assert.deepEqual((await saved()).map(({ answer }) => answer), ['A hymn.'])
}

try {
  await signUp(page)
  await useProvider(page, model.url)
  await page.goto('/apps')
  await sample(page)
  const app = page.url()
  await page.getByText('As published').waitFor()
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  await visit(link, KEY, 'In the blue box.', 'Good answer')
  await visit(link, BOAT, 'Aunt "Mia"', 'Bad answer')
  await visit(link, SUM, 'A hymn.')
  await filtered(app)
  await seen()
  await prepared(app, link)
  await exported()
  assert.deepEqual(problems, [])
  console.log('the log, what is behind an answer, prepared answers and the file: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
