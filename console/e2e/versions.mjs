// Apps over time: a dropped file becomes one, each publishing keeps a version, versions differ, an old one comes back, and a
// deletion is taken back. Run with a server's base URL.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { looker } from './axe.mjs'
import { ask, blank, drop, launch, publish, signUp, until, watched } from './browser.mjs'
import { fakeModel, useProvider } from './fake-model.mjs'

const base = process.argv[2]
const shots = process.env.SHOTS
const browser = await launch()
const { page, problems } = await watched(browser, base)
const look = looker(page)
const model = await fakeModel()
const corpus = (name) => readFileSync(new URL(`../../functions/workflow/tests/corpus/${name}`, import.meta.url))
const apps = async () => (await (await page.request.get('/console/api/apps?limit=100')).json()).data.map(({ name }) => name).sort()
const dialog = page.getByRole('dialog')

/** Dropped on the studio: an app file is imported and its report shown; what is none changes nothing. */
async function dropped() {
  await page.goto('/apps')
  await page.getByRole('heading', { name: 'Studio' }).waitFor()
  await drop(page, 'holiday.txt', Buffer.from('We had a good time.'))
  await dialog.getByRole('alert').getByText('This file could not be imported').waitFor()
  await dialog.getByText('Choose another one; nothing was changed.').waitFor()
  await look('a file that is no app')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.deepEqual(await apps(), [])
  await drop(page, 'json_translate.yml', corpus('json_translate.yml'))
  await dialog.getByText('File version').waitFor()
  const confirm = dialog.getByRole('button', { name: 'Import', exact: true })
  const open = dialog.getByRole('button', { name: 'Open the app' })
  await confirm.or(open).waitFor()
  if (await confirm.isVisible()) await confirm.click()
  await open.waitFor()
  await look('the report of an import')
  if (shots) await page.screenshot({ path: `${shots}/dropped-app.png` })
  const [name] = await apps()
  await open.click()
  await page.waitForURL(/\/apps\/[0-9a-f-]{36}/)
  await page.getByText(name).first().waitFor()
}

const prompt = page.getByLabel('Prompt', { exact: true })

async function write(text) {
  await prompt.fill(text)
  await publish(page)
}

async function versions() {
  await page.getByRole('button', { name: 'Versions' }).click()
  await page.getByRole('menuitem', { name: 'All versions' }).click()
  await dialog.getByRole('listitem').first().waitFor()
  return dialog.getByRole('listitem')
}

/** What a visitor's model is told. */
async function told(link) {
  const visitor = await watched(browser, base)
  await visitor.page.goto(link)
  const before = model.asked.length
  await ask(visitor.page, 'What are you told?')
  await visitor.page.getByRole('log').getByText('This is small').waitFor()
  assert.deepEqual(visitor.problems, [])
  await visitor.context.close()
  return JSON.stringify(model.asked[before].messages)
}

async function history() {
  await blank(page, 'Assistant', 'Desk')
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  await write('Speak of ferries.')
  await write('Speak of trains.')
  // A change that is not published is no version, and no visitor's.
  await prompt.fill('Speak of nothing.')
  await page.getByText('Unpublished changes').waitFor()
  assert.match(await told(link), /Speak of trains\./)
  let list = await versions()
  const count = await list.count()
  assert.ok(count >= 2)
  await list.first().getByText('Published').waitFor()
  assert.equal(await dialog.getByText('Published', { exact: true }).count(), 1)
  await list.nth(1).getByRole('button', { expanded: false }).click()
  await list.nth(1).getByText('− Speak of ferries.').waitFor()
  await list.nth(1).getByText('+ Speak of nothing.').waitFor()
  assert.equal(await list.nth(1).locator('dt').count(), 1, 'nothing else differs')
  await look('versions')
  if (shots) await page.screenshot({ path: `${shots}/versions.png` })
  await list.nth(1).getByRole('button', { name: 'Restore' }).click()
  await page.getByText('Restored, and published as a new version').waitFor()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('As published').waitFor()
  assert.equal(await prompt.inputValue(), 'Speak of ferries.')
  assert.match(await told(link), /Speak of ferries\./)
  list = await versions()
  await until(async () => (await list.count()) === count + 1, 'the restored one is a version of its own')
  await list.first().getByRole('button', { expanded: false }).click()
  await list.first().getByText('The same as in the editor').waitFor()
  await page.keyboard.press('Escape')
  // Changes that nobody wants any more.
  await prompt.fill('Speak of nothing at all.')
  await page.getByText('Unpublished changes').waitFor()
  await page.getByRole('button', { name: 'Versions' }).click()
  await page.getByRole('menuitem', { name: 'Discard the changes' }).click()
  await until(async () => (await prompt.inputValue()) === 'Speak of ferries.', 'the editor shows what is published')
  await page.reload()
  await page.getByText('As published').waitFor()
  assert.equal(await prompt.inputValue(), 'Speak of ferries.')
  return link
}

/** Deleted and taken back: the page works as before. Deleted and left alone: it is gone. */
async function deleted(link) {
  await page.goto('/apps')
  const card = page.getByRole('link', { name: 'Desk', exact: true })
  const erase = async () => {
    await page.getByRole('button', { name: 'More about Desk' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await card.waitFor({ state: 'detached' })
  }
  await erase()
  await page.getByRole('button', { name: 'Undo' }).click()
  await card.waitFor()
  assert.match(await told(link), /Speak of ferries\./)
  await erase()
  // Whoever does not take it back has deleted it, without a further click.
  await until(async () => !(await apps()).includes('Desk'), 'the app is deleted')
  const visitor = await watched(browser, base)
  await visitor.page.goto(link)
  await visitor.page.getByText('Nobody is here').waitFor()
  await visitor.context.close()
}

try {
  await signUp(page)
  await useProvider(page, model.url)
  await dropped()
  await deleted(await history())
  assert.deepEqual(problems, [])
  console.log('dropped files, versions, what differs, restoring, deleting: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
