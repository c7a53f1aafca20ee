// A person's and a workspace's settings: language and theme, over a reload; keys that are shown once, work and are revoked;
// a provider's key that is refused, and one that nobody sees again. Run with a server's base URL.
import assert from 'node:assert/strict'
import { blank, launch, signUp, until, watched } from './browser.mjs'
import { addProvider, fakeModel, KEY, useProvider } from './fake-model.mjs'

const base = process.argv[2]
const browser = await launch()
const { page, problems } = await watched(browser, base)
const model = await fakeModel()

const root = () => page.locator('html')
const profile = async () => (await page.request.get('/console/api/account/profile')).json()

async function language() {
  await page.goto('/settings/account')
  await page.getByLabel('Language').selectOption({ label: '简体中文' })
  await page.getByRole('heading', { name: '您的账户' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: '您的账户' }).waitFor()
  assert.equal(await root().getAttribute('lang'), 'zh-Hans')
  assert.equal((await profile()).interface_language, 'zh-Hans')
  // Another page, and the words of the server's own pages, too.
  await page.getByRole('link', { name: '工作室', exact: true }).first().click()
  await page.getByRole('button', { name: '新建应用' }).first().waitFor()
  assert.equal(await page.getByRole('button', { name: 'New app' }).count(), 0)
  await page.goto('/settings/account')
  await page.getByLabel('语言').selectOption({ label: 'English' })
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  assert.equal(await root().getAttribute('lang'), 'en')
}

/** How bright the page is, 0 to 255. */
const bright = () => page.evaluate(() => {
  const canvas = document.createElement('canvas').getContext('2d')
  canvas.fillStyle = getComputedStyle(document.body).backgroundColor
  canvas.fillRect(0, 0, 1, 1)
  const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data
  return (red + green + blue) / 3
})

async function theme() {
  const choose = (label) => page.getByLabel('Theme', { exact: true }).selectOption({ label })
  assert.ok((await bright()) > 200)
  await choose('Dark')
  await until(async () => (await bright()) < 60, 'the page is dark')
  await until(async () => (await profile()).interface_theme === 'dark', 'the choice is kept')
  await page.reload()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  assert.ok((await bright()) < 60, 'light after a reload')
  assert.equal(await page.getByLabel('Theme', { exact: true }).inputValue(), 'dark')
  // What the system wants does not change what was chosen, until that is asked for.
  await page.emulateMedia({ colorScheme: 'light' })
  assert.ok((await bright()) < 60)
  await choose('Like the system')
  await until(async () => (await bright()) > 200, 'the page is light, as the system is')
  await page.emulateMedia({ colorScheme: 'dark' })
  await until(async () => (await bright()) < 60, 'the page is dark, as the system is')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.getByRole('button', { name: 'Theme: Like the system' }).click()
  await page.getByRole('button', { name: 'Theme: Light' }).click()
  await page.getByRole('button', { name: 'Theme: Dark' }).waitFor()
  await until(async () => (await bright()) < 60, 'the button makes it dark')
  await page.getByRole('button', { name: 'Theme: Dark' }).click()
}

/** A key made in the card with this title, tried at `path`, and revoked. */
async function key(at, title, path) {
  await page.goto(at)
  const card = page.getByRole('heading', { name: title, exact: true }).locator('../../..')
  await card.getByText('No keys so far').waitFor()
  await card.getByRole('button', { name: 'New key' }).click()
  const token = (await page.getByRole('dialog').getByRole('code').innerText()).trim()
  const status = async (token) => (await fetch(base + path, { headers: { Authorization: `Bearer ${token}` } })).status
  assert.equal(await status(token), 200)
  assert.equal(await status(`${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`), 401)
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  // From now on nobody is given the whole of it.
  const answers = []
  const collect = async (answer) => { if (answer.url().includes('/console/api/')) answers.push(await answer.text().catch(() => '')) }
  page.on('response', collect)
  await page.reload()
  await card.getByRole('code').waitFor()
  page.off('response', collect)
  assert.ok(answers.length > 0)
  assert.ok(!answers.join().includes(token) && !(await page.content()).includes(token), `the key of ${title} is shown again`)
  await card.getByText(/· used \S/).waitFor()
  await card.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await card.getByText('No keys so far').waitFor()
  assert.equal(await status(token), 401, 'a revoked key works')
}

async function provider() {
  await addProvider(page, model.url, 'sk-wrong-0000000000')
  const alert = page.getByRole('dialog').getByRole('alert')
  await alert.waitFor()
  const said = await alert.innerText()
  console.log(`a key that is refused: ${said}`)
  assert.match(said, /key/i)
  assert.ok(!/[{}]|sk-wrong|undefined|panic|error:/i.test(said), 'not calm')
  await page.keyboard.press('Escape')
  await page.reload()
  await page.getByRole('button', { name: 'Add a provider' }).waitFor()
  await page.waitForLoadState('networkidle')
  assert.equal(await page.getByRole('button', { name: 'Change fake' }).count(), 0, 'a provider with a refused key was kept')

  await useProvider(page, model.url)
  const answers = []
  page.on('response', async (answer) => { if (answer.url().includes('/console/api/')) answers.push(await answer.text().catch(() => '')) })
  await page.reload()
  await page.getByRole('button', { name: 'Change fake' }).click()
  const shown = await page.getByLabel('API key').inputValue()
  assert.match(shown, /^\[__HIDDEN__\]$|\*/)
  assert.equal(await page.getByLabel('API key').getAttribute('type'), 'password')
  await page.getByRole('button', { name: 'Try and save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  const kept = await page.request.get('/console/api/workspaces/current/model-providers/fake/credentials')
  assert.ok(kept.ok() && !(await kept.text()).includes(KEY))
  assert.ok(!answers.join().includes(KEY) && !(await page.content()).includes(KEY), 'the key is shown')
}

try {
  await signUp(page)
  await language()
  await theme()
  await provider()
  await blank(page, 'Assistant', 'Desk')
  await page.getByLabel('Prompt', { exact: true }).fill('Be brief.')
  await page.getByText('Unpublished changes').waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('As published').waitFor()
  await key(`${page.url()}/api`, 'Keys', '/v1/parameters')
  await key('/settings/keys', 'Knowledge keys', '/v1/datasets')
  await key('/settings/keys', 'Model keys', '/openai/v1/models')
  assert.deepEqual(problems, [])
  console.log('language, theme, keys and a provider\'s key: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
