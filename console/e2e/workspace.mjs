// Tags in the studio, models side by side, what they cost, how long logs stay, the backup and its way back. Run with a server's base URL.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { blank, launch, signUp, until, watched } from './browser.mjs'
import { fakeModel, useProvider } from './fake-model.mjs'

const base = process.argv[2]
const browser = await launch()
const { context, page, problems } = await watched(browser, base)
const model = await fakeModel()

async function provider() {
  await useProvider(page, model.url)
  // What one of its models costs.
  await page.getByRole('button', { name: 'Change fake' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Price', { exact: true }).first().click()
  await dialog.getByLabel('Read').first().fill('2')
  await dialog.getByLabel('Written').first().fill('4')
  await dialog.getByLabel('Currency').first().fill('eur')
  await dialog.getByText('Price: 2 / 4 EUR').waitFor()
  await dialog.getByRole('button', { name: 'Try and save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Change fake' }).click()
  await dialog.getByText('Price: 2 / 4 EUR').waitFor()
  await page.keyboard.press('Escape')
}

async function tags() {
  await blank(page, 'Assistant', 'Harbour desk')
  await page.goto('/apps')
  await page.getByRole('button', { name: 'More about Harbour desk' }).click()
  await page.getByRole('menuitem', { name: 'Tags' }).click()
  await page.getByLabel('New tag').fill('<b>Guests</b>')
  await page.getByRole('button', { name: 'Add' }).click()
  await page.getByRole('checkbox', { name: '<b>Guests</b>' }).and(page.locator('[aria-checked=true]')).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('group', { name: 'Tags' }).getByRole('button', { name: '<b>Guests</b>' }).click()
  await page.getByRole('link', { name: 'Harbour desk' }).waitFor()
  await page.getByRole('link', { name: 'Words' }).waitFor({ state: 'detached' })
  assert.equal(await page.locator('main b').count(), 0)
  await page.getByRole('group', { name: 'Tags' }).getByRole('button').click()
}

async function sideBySide() {
  await page.getByRole('link', { name: 'Harbour desk' }).click()
  await page.getByRole('button', { name: 'Compare' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('region').nth(1).waitFor()
  const second = dialog.getByRole('region').nth(1)
  await second.getByLabel('Model').selectOption({ label: 'fake / large' })
  await second.getByText('Parameters').click()
  await second.getByRole('spinbutton', { name: 'Temperature' }).fill('0.2')
  await second.getByText('Parameters').click()
  await dialog.getByLabel('Your question').fill('Who are you?')
  await dialog.getByRole('button', { name: 'Send' }).click()
  await dialog.getByText('This is small at').waitFor()
  await dialog.getByText('This is large at 0.2 degrees.').waitFor()
  await dialog.getByText(/28 tokens · first word after/).nth(1).waitFor()
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/compare.png` })
  await second.getByText('Parameters').click()
  await second.getByRole('button', { name: 'Use this model' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('Unpublished changes').waitFor()
}

/** What the models were asked, with what it cost, and how long that is kept. */
async function requests() {
  // Rows are written a moment after their answers.
  const rows = async () => (await (await page.request.get('/console/api/workspaces/current/requests?purpose=answer')).json()).data
  await until(async () => (await rows()).length === 2, 'both answers are in the log of requests')
  await page.goto('/settings')
  await page.getByRole('link', { name: 'Requests' }).click()
  const table = page.getByRole('region', { name: 'Requests' })
  await table.getByRole('row', { name: /Answer.*small.*20 → 8.*0\.000072 EUR.*Answered/ }).waitFor()
  await table.getByRole('row', { name: /Answer.*large.*20 → 8.*–.*Answered/ }).waitFor()
  await page.getByRole('region', { name: 'Sums' }).getByRole('row', { name: /small/ }).waitFor()
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/requests.png` })
  await page.getByLabel('Purpose').selectOption({ label: 'Answer' })
  await page.getByLabel('Model').fill('large')
  await table.getByRole('row', { name: /small/ }).waitFor({ state: 'detached' })
  await table.getByRole('row', { name: /large/ }).waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()])
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\n')
  assert.equal(lines.length, 2)
  assert.match(lines[1], /,answer,fake,large,.*,20,8,/)
  await page.getByLabel('Model').fill('none such')
  await page.getByText('Nothing in this period').waitFor()

  await page.getByRole('link', { name: 'Log retention' }).click()
  await page.getByRole('switch', { name: 'Drop old logs' }).click()
  await page.getByLabel('Days').fill('30')
  await page.getByRole('switch', { name: 'Conversations, too' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved').waitFor()
  await page.reload()
  await page.getByRole('switch', { name: 'Conversations, too' }).and(page.locator('[aria-checked=true]')).waitFor()
  assert.equal(await page.getByLabel('Days').inputValue(), '30')
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/log-retention.png` })
}

/** A backup, refused where something is, taken where nothing is. */
async function backup() {
  await page.goto('/settings/backup')
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/backup.png` })
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the backup' }).click()])
  const path = await download.path()
  assert.match(readFileSync(path, 'utf8'), /Harbour desk/)
  const give = async () => {
    await page.locator('input[type=file]').setInputFiles(path)
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
  }
  await give()
  await page.getByRole('alert').getByText('empty workspace').waitFor()
  await page.locator('input[type=file]').setInputFiles({ name: 'holiday.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no bundle at all') })
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
  await page.getByRole('alert').waitFor()
  const { data } = await (await page.request.get('/console/api/apps')).json()
  const csrf = (await context.cookies()).find(({ name }) => name.endsWith('csrf_token')).value
  for (const { id } of data) await page.request.delete(`/console/api/apps/${id}`, { headers: { 'X-CSRF-Token': csrf } })
  await give()
  await page.getByText('Enter the keys of your model providers again').waitFor()
  await page.goto('/apps')
  await page.getByRole('link', { name: 'Harbour desk' }).waitFor()
}

try {
  await signUp(page)
  await provider()
  await blank(page, 'Text generator', 'Words')
  await tags()
  await sideBySide()
  await requests()
  await backup()
  assert.deepEqual(problems, [])
  console.log('tags, models side by side, requests, retention, backup: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
