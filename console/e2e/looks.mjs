// Pages and dialogs that the other scripts only pass by, under axe: light and dark, wide and on a phone. Run with a server's
// base URL.
import assert from 'node:assert/strict'
import { looker } from './axe.mjs'
import { ask, blank, launch, signUp, until, watched } from './browser.mjs'
import { addProvider, fakeModel, useProvider } from './fake-model.mjs'

const base = process.argv[2]
const browser = await launch()
const { context, page, problems } = await watched(browser, base)
const look = looker(page)
const TABLE = '| Day | Morning | Evening |\n| --- | --- | --- |\n| Monday | The old harbour | Soup at the inn |'
const model = await fakeModel({ TABLE })

const shown = async (name) => {
  await page.getByRole('dialog').waitFor()
  await look(name)
}
const closed = async () => {
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}
/** Opens a dialog by its button, looks, and closes it. */
const dialog = async (button, name = button) => {
  await page.getByRole('button', { name: button, exact: true }).first().click()
  await shown(name)
  await closed()
}

async function entry() {
  await page.goto('/')
  await page.waitForURL('**/install')
  await page.getByLabel('Password').waitFor()
  await look('install')
  await signUp(page)
}

async function settings() {
  await addProvider(page, model.url, 'sk-wrong')
  await page.getByRole('dialog').getByRole('alert').waitFor()
  await look('a provider with a wrong key')
  await closed()
  await useProvider(page, model.url)
  await page.goto('/settings/keys')
  await page.getByRole('button', { name: 'New key' }).first().click()
  await shown('a new key')
  await page.getByRole('button', { name: 'Done' }).click()
  await dialog(/^Delete/, 'deleting a key')
  await page.goto('/settings/members')
  await page.getByRole('button', { name: 'Invite' }).click()
  await shown('inviting')
  await page.getByLabel('Email').fill('eve@example.com')
  await page.getByRole('button', { name: 'Invite' }).last().click()
  await page.getByText('/activate?').waitFor()
  await look('an invitation')
  const link = new URL(await page.getByText('/activate?').innerText())
  const guest = await watched(browser, base)
  await guest.page.goto(link.pathname + link.search)
  await guest.page.getByLabel('Password').waitFor()
  await look('joining', guest.page)
  assert.deepEqual(guest.problems, [])
  await guest.context.close()
}

async function making() {
  await page.goto('/apps')
  await page.getByRole('button', { name: 'New app' }).first().click()
  await shown('a new app')
  for (const tab of ['Template', 'App file']) {
    await page.getByRole('tab', { name: tab }).click()
    await look(`a new app, ${tab}`)
  }
  await closed()
  await blank(page, 'Assistant', 'Desk')
  await page.getByLabel('Opening statement').fill('Hello there.')
  await page.getByText('Unpublished changes').waitFor()
  await page.getByRole('switch', { name: 'Prompt guard' }).click()
  await page.getByRole('switch', { name: 'Moderation' }).click()
  await look('the editor with its guards')
  await page.getByRole('switch', { name: 'Moderation' }).click()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('As published').waitFor()
  await page.getByRole('button', { name: 'Versions' }).click()
  await page.getByRole('menuitem', { name: 'All versions' }).click()
  await shown('versions')
  await closed()
  await page.getByRole('button', { name: 'Add', exact: true }).first().click()
  await shown('a variable')
  await closed()
  await page.getByRole('button', { name: 'Add', exact: true }).last().click()
  await shown('adding knowledge')
  await closed()
  await dialog('Compare', 'models side by side')
  return page.url()
}

async function watching(app) {
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  const visitor = await watched(browser, base)
  await visitor.page.goto(link)
  await ask(visitor.page, 'TABLE of the days')
  await visitor.page.getByText('Soup at the inn').waitFor()
  await look('a table in an answer', visitor.page)
  await visitor.context.close()
  await page.goto(`${app}/logs`)
  await page.getByText('TABLE of the days').first().click()
  await shown('a conversation of the log')
  await page.getByRole('button', { name: 'What the model saw' }).first().click()
  await page.getByText('The prompt', { exact: true }).waitFor()
  await look('what the model saw')
  await page.goto(`${app}/annotations`)
  await dialog('Write the first', 'a prepared answer')
  await page.goto(`${app}/share`)
  await dialog('New address')
  await page.goto('/apps')
  for (const item of ['Name and icon', 'Tags']) {
    await page.getByRole('button', { name: 'More about Desk', exact: true }).click()
    await page.getByRole('menuitem', { name: item }).click()
    await shown(item)
    await closed()
  }
}

/** The open tab is in sight on a phone, wherever it stands among the others. */
async function tabs(app) {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${app}/monitor`)
  const tab = page.getByRole('link', { name: 'Monitor' })
  await tab.waitFor()
  await until(async () => {
    const { x, width } = await tab.boundingBox()
    return x >= 0 && x + width <= 390
  }, 'the open tab is in sight')
  await page.setViewportSize({ width: 1280, height: 720 })
}

async function knowledge() {
  await page.goto('/knowledge')
  await page.getByRole('button', { name: 'New knowledge base' }).first().click()
  await shown('a new knowledge base')
  await page.getByLabel('Name').fill('Boats')
  await page.getByRole('button', { name: 'Go on to documents' }).click()
  const text = `# Boats\n\nThe ferry to the island leaves every day at 9:15 from the wooden pier.\n\n${TABLE}\n`
  await page.locator('input[type=file]').setInputFiles({ name: 'boats.md', mimeType: 'text/markdown', buffer: Buffer.from(text) })
  await page.getByRole('button', { name: 'Add the document' }).click()
  await page.getByText(/chunks?, ready/).waitFor()
  const { data } = await (await page.request.get('/console/api/datasets?page=1&limit=1')).json()
  await page.goto(`/knowledge/${data[0].id}`)
  const document = page.getByRole('link', { name: 'boats.md' })
  await document.waitFor()
  await look('documents')
  await document.click()
  await page.getByText('wooden pier').first().waitFor()
  await look('segments')
  await dialog('Add a chunk')
  await page.goto(`/knowledge/${data[0].id}/settings`)
  await page.getByLabel('Name').waitFor()
  await look('settings of knowledge')
}

async function leaving() {
  await context.clearCookies()
  await page.goto('/signin')
  await page.getByLabel('Password').waitFor()
  await look('sign-in')
}

try {
  await entry()
  await settings()
  const app = await making()
  await watching(app)
  await tabs(app)
  await knowledge()
  await leaving()
  assert.deepEqual(problems, [])
  console.log('axe finds nothing serious on pages and dialogs')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
