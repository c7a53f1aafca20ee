// The studio's preview over a reload in the middle of an answer; an agent, its tools and its steps; the prompt guard. Run with a server's
// base URL.
import assert from 'node:assert/strict'
import { ask, blank, launch, signUp, watched } from './browser.mjs'
import { fakeModel, halfway, HELD, useProvider, whole } from './fake-model.mjs'

const base = process.argv[2]
const browser = await launch()
const { page, problems } = await watched(browser, base)
const SECRET = 'The house blend is seven parts saffron, two parts smoke and one part rain water.'
const model = await fakeModel({ HELD, LEAK: `Gladly, it says: ${SECRET}` })

/** A reload in the middle; what was asked stays until it is cleared. */
async function preview() {
  await halfway(model, page, 'HELD in the studio')
  await page.reload()
  await page.getByRole('log').getByText('begin-of-it').waitFor()
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  model.release()
  await whole(page, 1)
  // What was asked is still there for whoever comes back from another page.
  await page.getByRole('link', { name: 'Logs' }).click()
  await page.getByRole('heading', { name: 'Preview' }).waitFor({ state: 'detached' })
  await page.goBack()
  await whole(page, 1)
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.reload()
  await page.getByRole('heading', { name: 'Preview' }).waitFor()
  assert.equal(await page.getByText('begin-of-it').count(), 0)
}

/** An agent with a tool: what it did is folded above its answer, for whoever tries it, visits it and reads the log. */
async function agent() {
  await blank(page, 'Agent', 'Reckoner')
  await page.getByRole('button', { name: 'Add a tool' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Evaluate Math Expression' }).click()
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/tools.png` })
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByLabel('Strategy').selectOption({ label: 'Function calls' })
  await page.getByRole('switch', { name: 'Use eval_expression' }).waitFor()
  await page.getByText('Unpublished changes').waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('As published').waitFor()
  const steps = async (on) => {
    await on.getByText('It makes 42.').last().waitFor()
    const folded = on.locator('details').filter({ hasText: 'step' })
    assert.equal(await folded.getAttribute('open'), null)
    await folded.locator('summary').click()
    await on.getByText('eval_expression').first().waitFor()
  }
  await ask(page, 'CALCULATE 6*7')
  await steps(page)
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/agent.png` })
  const visitor = await watched(browser, base)
  await visitor.page.goto(await page.getByRole('link', { name: 'Open the page' }).getAttribute('href'))
  await ask(visitor.page, 'CALCULATE 6*7')
  await steps(visitor.page)
  await visitor.page.reload()
  await steps(visitor.page)
  assert.deepEqual(visitor.problems, [])
  await visitor.context.close()
  await page.getByRole('link', { name: 'Logs' }).click()
  await page.getByText('CALCULATE 6*7').first().click()
  await steps(page.getByRole('dialog'))
}

/** An answer that repeats the prompt is ended by the guard, and only by it; what was set stays. */
async function guarded() {
  await blank(page, 'Assistant', 'Vault')
  await page.getByLabel('Prompt', { exact: true }).fill(SECRET)
  const log = page.getByRole('log')
  const told = async (question, answer) => {
    await ask(page, question)
    await log.getByText(answer).last().waitFor()
    await page.getByRole('button', { name: 'Send' }).waitFor()
  }
  await told('LEAK it', 'one part rain water')
  assert.ok(!JSON.stringify(model.asked.at(-1)).includes('Rules that stand above'))
  await page.getByRole('switch', { name: 'Prompt guard' }).click()
  await page.getByLabel('Said instead').fill('My lips are sealed.')
  await page.getByRole('button', { name: 'Clear' }).click()
  await told('LEAK it again', 'My lips are sealed.')
  assert.equal(await log.getByText('one part rain water').count(), 0)
  assert.ok(JSON.stringify(model.asked.at(-1)).includes('Rules that stand above'))
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/guard.png`, fullPage: true })
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('As published').waitFor()
  await page.reload()
  assert.equal(await page.getByLabel('Said instead').inputValue(), 'My lips are sealed.')
  await page.getByRole('switch', { name: 'Watch the answers' }).click()
  await told('LEAK it once more', 'one part rain water')
}

try {
  await signUp(page)
  await useProvider(page, model.url)
  await blank(page, 'Assistant', 'Desk')
  await preview()
  await agent()
  await guarded()
  assert.deepEqual(problems, [])
  console.log('the preview over a reload, agents and their steps, the guard: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
