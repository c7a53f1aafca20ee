// What a product manager does: from sign-up to a published assistant that knows a document of their own, the clicks
// counted; then each real app file imported, its report read. Run with a server's base URL.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { ask, launch, signUp, watched } from './browser.mjs'

const base = process.argv[2]
const shots = process.env.SHOTS
const MOST_CLICKS = 25
const CORPUS = new URL('../../functions/workflow/tests/corpus/', import.meta.url).pathname

const browser = await launch()
const { page, problems } = await watched(browser, base)

const clicks = []
await page.exposeFunction('countClick', (what) => void clicks.push(what))
await page.addInitScript(() =>
  addEventListener('click', (event) => {
    const on = event.target.closest('button, a, [role]') ?? event.target
    if (event.isTrusted) window.countClick((on.ariaLabel || on.innerText || on.tagName).split('\n')[0])
  }, true),
)

const HOURS = '# Harbour office\n\nThe harbour office opens at 7:40 in the morning and closes at five.\n\n# Mooring\n\nA berth for one night costs 23 crowns, water included.\n'

async function assistant() {
  await signUp(page)
  await page.getByRole('link', { name: 'Add documents' }).click()
  await page.getByRole('button', { name: 'New knowledge base' }).first().click()
  await page.getByLabel('Name').fill('Harbour')
  await page.getByRole('button', { name: 'Go on to documents' }).click()
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Drop documents here, or choose them' }).click()])
  await chooser.setFiles({ name: 'harbour.md', mimeType: 'text/markdown', buffer: Buffer.from(HOURS) })
  await page.getByRole('button', { name: 'Add the document' }).click()
  await page.getByText(/chunks?, ready/).waitFor()
  await page.getByRole('link', { name: 'Studio', exact: true }).first().click()
  await page.getByRole('button', { name: 'New app' }).first().click()
  await page.getByLabel('Name').fill('Harbour desk')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
  await page.getByLabel('Prompt', { exact: true }).fill('Answer in one short sentence, from the context only.')
  await page.getByRole('heading', { name: 'Knowledge' }).locator('..').getByRole('button', { name: 'Add' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Harbour' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  await page.getByText('Unpublished changes').waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('As published').waitFor()
  console.log(`from sign-up to a published assistant with a document of one's own: ${clicks.length} clicks (${clicks.join(' · ')})`)
  assert.ok(clicks.length >= 10, 'clicks are not counted')
  assert.ok(clicks.length <= MOST_CLICKS)
  return page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
}

/** What was built is what a visitor gets. */
async function asked(link) {
  const visitor = await watched(browser, base)
  await visitor.page.goto(link)
  await ask(visitor.page, 'When does the harbour office open?')
  await visitor.page.getByText('Sources').waitFor()
  await visitor.page.getByRole('button', { name: 'harbour.md' }).click()
  await visitor.page.getByRole('dialog').getByText('7:40 in the morning').waitFor()
  assert.deepEqual(visitor.problems, [])
  await visitor.context.close()
}

async function corpus() {
  const files = readdirSync(CORPUS).filter((name) => name.endsWith('.yml'))
  assert.ok(files.length >= 16)
  await page.goto('/apps')
  for (const name of files) {
    await page.getByRole('button', { name: 'New app' }).first().click()
    await page.getByRole('tab', { name: 'App file' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('input[type=file]').setInputFiles(CORPUS + name)
    await dialog.getByText('File version').waitFor()
    const confirm = dialog.getByRole('button', { name: 'Import', exact: true })
    const open = dialog.getByRole('button', { name: 'Open the app' })
    await confirm.or(open).waitFor()
    if (await confirm.isVisible()) await confirm.click()
    await open.waitFor()
    const remarks = await dialog.getByRole('listitem').allInnerTexts()
    console.log(`${name}: ${remarks.length ? `imported, with ${remarks.length} remarks` : 'imported'}`)
    // A remark is a sentence, not what a program left over.
    for (const remark of remarks) assert.ok(/\w{3,}/.test(remark) && !/[{}]|undefined|\[object/.test(remark), remark)
    if (shots) await page.screenshot({ path: `${shots}/import-${files.indexOf(name)}.png` })
    await open.click()
    await page.waitForURL(/\/apps\/[0-9a-f-]{36}/)
    await page.getByRole('heading', { level: 1 }).or(page.getByRole('heading', { level: 2 })).first().waitFor()
    assert.equal(await page.getByText('This page could not be opened').count(), 0, name)
    await page.getByRole('link', { name: 'Studio', exact: true }).first().click()
    await page.waitForURL(/\/apps$/)
  }
  const { total } = await (await page.request.get('/console/api/apps?limit=100')).json()
  assert.equal(total, files.length + 1)
}

try {
  await asked(await assistant())
  await corpus()
  assert.deepEqual(problems, [])
  console.log('an assistant of one\'s own, and every app file: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  await browser.close()
}
