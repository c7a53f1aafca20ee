// What is done with apps after they are built: a provider with a wrong and a right key, prepared answers, copies,
// deleting and taking it back, exports, a new address, the roles of an editor and a member. Run with a server's base URL.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { launch, sample, signUp, until, watched } from './browser.mjs'
import { addProvider, fakeModel, KEY } from './fake-model.mjs'

const base = process.argv[2]
const browser = await launch()
const { context, page, problems } = await watched(browser, base)
const model = await fakeModel()

const saved = async (act) => {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') }
}

async function provider() {
  await addProvider(page, model.url, 'sk-wrong')
  await page.getByRole('dialog').getByRole('alert').waitFor()
  console.log(`a wrong key: ${await page.getByRole('dialog').getByRole('alert').innerText()}`)
  assert.equal(await page.getByLabel('API key').inputValue(), 'sk-wrong')
  await page.getByLabel('API key').fill(KEY)
  await page.getByRole('button', { name: 'Try and save' }).click()
  await page.getByText('fake answers and is ready').waitFor()
  await page.getByText('large · Language').waitFor()
  const kept = await (await page.request.get('/console/api/workspaces/current/model-providers/fake/credentials')).text()
  assert.ok(!kept.includes(KEY), 'the key is shown')
  // A change of the models leaves the key as it is.
  await page.getByRole('button', { name: 'Change fake' }).click()
  assert.notEqual(await page.getByLabel('API key').inputValue(), KEY)
  await page.getByRole('button', { name: 'Try and save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

async function prepared(app, link) {
  await page.goto(`${app}/annotations`)
  await page.getByRole('button', { name: 'Write the first' }).click()
  await page.getByRole('textbox', { name: 'Question' }).fill('Who painted the boathouse?')
  await page.getByRole('textbox', { name: 'Answer' }).fill('Aunt Mia did, in 1987.')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Aunt Mia did').waitFor()
  await page.getByRole('switch', { name: 'Give prepared answers' }).click()
  await page.getByText('Prepared answers are given from now on').waitFor()
  const visitor = await watched(browser, base)
  await visitor.page.goto(link)
  await visitor.page.getByLabel('Your question').fill('Who painted the boathouse?')
  await visitor.page.getByRole('button', { name: 'Send' }).click()
  await visitor.page.getByRole('log').getByText('Aunt Mia did, in 1987.').waitFor()
  assert.deepEqual(visitor.problems, [])
  await visitor.context.close()
  await page.getByRole('switch', { name: 'Give prepared answers' }).click()
  await page.getByText('Prepared answers are off').waitFor()
  // The log says that no model saw anything.
  await page.goto(`${app}/logs`)
  await page.getByText('Who painted the boathouse?').first().click()
  await page.getByRole('button', { name: 'What the model saw' }).first().click()
  await page.getByText('A prepared answer was given; no model was asked.').waitFor()
  await page.goto(`${app}/annotations`)
}

async function exports(app) {
  await page.goto(`${app}/logs`)
  await page.getByText('Who painted the boathouse?').first().waitFor()
  const log = await saved(() => page.getByRole('button', { name: 'CSV' }).click())
  assert.match(log.text, /Who painted the boathouse\?/)
  assert.match(log.text.split('\n')[0], /query/)
}

async function cards() {
  await page.goto('/apps')
  const about = page.getByRole('button', { name: 'More about Knowledge assistant', exact: true })
  await about.click()
  await page.getByRole('menuitem', { name: 'Copy' }).click()
  await page.getByRole('link', { name: 'Knowledge assistant copy' }).waitFor()
  await about.click()
  const file = await saved(() => page.getByRole('menuitem', { name: 'Export as a file' }).click())
  assert.match(file.name, /\.yml$/)
  assert.match(file.text, /kind: app/)
  const copy = page.getByRole('link', { name: 'Knowledge assistant copy' })
  const erase = async () => {
    await page.getByRole('button', { name: 'More about Knowledge assistant copy' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await copy.waitFor({ state: 'detached' })
  }
  await erase()
  await page.getByRole('button', { name: 'Undo' }).click()
  await copy.waitFor()
  await page.reload()
  await copy.waitFor()
  await erase()
  // Leaving the page ends the time for second thoughts.
  await page.reload()
  const names = async () => (await (await page.request.get('/console/api/apps')).json()).data.map(({ name }) => name)
  await until(async () => (await names()).length === 1, 'the copy is deleted')
  assert.deepEqual(await names(), ['Knowledge assistant'])
}

async function address(app, link) {
  await page.goto(`${app}/share`)
  await page.getByRole('button', { name: 'New address' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'New address' }).click()
  await page.getByText('The page has a new address').waitFor()
  const next = await page.getByRole('link', { name: 'Open', exact: true }).getAttribute('href')
  assert.notEqual(next, link)
  const visitor = await watched(browser, base)
  await visitor.page.goto(link)
  await visitor.page.getByText('Nobody is here').waitFor()
  await visitor.page.goto(next)
  await visitor.page.getByLabel('Your question').waitFor()
  await visitor.context.close()
  await page.getByRole('switch', { name: 'The page' }).click()
  await page.getByRole('link', { name: 'Open', exact: true }).waitFor({ state: 'detached' })
}

/** Somebody invited, logged in. */
async function invited(role, name) {
  await page.goto('/settings/members')
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByLabel('Email').fill(`${name}@example.com`)
  await page.getByLabel('Role', { exact: true }).selectOption(role)
  await page.getByRole('button', { name: 'Invite' }).last().click()
  const link = await page.getByText('/activate?').innerText()
  const guest = await watched(browser, base)
  await guest.page.goto(new URL(link).pathname + new URL(link).search)
  await guest.page.getByLabel('Name').fill(name)
  await guest.page.getByLabel('Password').fill('another-horse-7')
  await guest.page.getByRole('button', { name: 'Join' }).click()
  await guest.page.waitForURL('**/apps')
  const csrf = (await guest.context.cookies()).find(({ name }) => name.endsWith('csrf_token')).value
  const call = async (method, path, data) => (await guest.page.request.fetch(`/console/api${path}`, { method, headers: { 'X-CSRF-Token': csrf }, ...(data && { data }) })).status()
  return { ...guest, call }
}

async function roles(app) {
  const id = app.split('/').at(-1)
  const editor = await invited('editor', 'Eve')
  await editor.page.getByRole('button', { name: 'New app' }).waitFor()
  await editor.page.goto('/settings')
  await editor.page.getByText('fake').first().waitFor()
  assert.equal(await editor.page.getByRole('button', { name: 'Add a provider' }).count(), 0)
  assert.equal(await editor.call('GET', '/workspaces/current/model-providers/fake/credentials'), 403)
  assert.equal(await editor.call('GET', '/workspaces/current/backup'), 403)
  assert.equal(await editor.call('POST', '/workspaces/current/members/invite-email', { emails: ['x@example.com'], role: 'editor' }), 403)
  const member = await invited('normal', 'Ned')
  await member.page.getByText('Knowledge assistant').first().waitFor()
  assert.equal(await member.page.getByRole('button', { name: 'New app' }).count(), 0)
  assert.equal(await member.call('DELETE', `/apps/${id}`), 403)
  assert.equal(await member.call('GET', `/apps/${id}/chat-conversations`), 403)
  assert.equal(await member.call('POST', '/datasets', { name: 'x' }), 403)
  assert.deepEqual([...editor.problems, ...member.problems], [])
  await editor.context.close()
  await member.context.close()
}

try {
  await signUp(page)
  await sample(page)
  const app = page.url()
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  await provider()
  await prepared(app, link)
  await exports(app)
  await cards()
  await address(app, link)
  await roles(app)
  assert.deepEqual(problems, [])
  console.log('provider, prepared answers, exports, cards, addresses, roles: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
  await context.close().catch(() => {})
}
