// Pictures of every page, light and dark, wide and on a phone: `screenshots.mjs BASE FOLDER`, over an empty server.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launch, sample, signUp, watched } from './browser.mjs'

const [base, folder] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const browser = await launch()
const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }

const { context, page } = await watched(browser, base, { viewport: SIZES.wide })
page.setDefaultTimeout(120_000)
await page.goto('/install')
await shoot(page, 'install')
await signUp(page)
await page.getByText('is ready').waitFor()
await shoot(page, 'first-steps')
await sample(page)
const app = page.url()
const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')

// Something to see in the logs and the charts.
await page.goto(link)
for (const question of ['Where do I leave the key?', 'When does the garden close?']) {
  await page.getByLabel('Your question').fill(question)
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByRole('button', { name: 'Send' }).waitFor()
  await page.getByText('Sources').last().waitFor()
}
await shoot(page, 'chat')
await page.getByRole('button', { name: 'house-rules.md' }).first().click()
await shoot(page, 'chat-source')

for (const template of ['Summariser', 'Support desk', 'Translator']) {
  await page.goto('/apps')
  await page.getByRole('button', { name: 'New app' }).click()
  await page.getByRole('tab', { name: 'Template' }).click()
  if (template === 'Summariser') await shoot(page, 'new-app')
  await page.getByRole('button', { name: new RegExp(template) }).click()
  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
}
const generator = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
await page.goto(generator)
await shoot(page, 'completion')

await page.goto(app)
await page.getByRole('button', { name: 'Where do I leave the key?' }).click()
await page.getByRole('button', { name: 'What the model saw' }).waitFor()
await shoot(page, 'editor')
await page.getByRole('button', { name: 'What the model saw' }).click()
await page.getByText('The prompt', { exact: true }).waitFor()
await shoot(page, 'what-the-model-saw')

const datasets = await (await page.request.get('/console/api/datasets?page=1&limit=1')).json()
const knowledge = `/knowledge/${datasets.data[0].id}`
await page.goto(`${knowledge}/test`)
await page.getByLabel('Question').fill('May I take a boat out?')
await page.getByRole('button', { name: 'Search' }).click()
await page.getByText('life jacket').first().waitFor()
await shoot(page, 'hit-test')
const documents = await (await page.request.get(`/console/api/datasets/${datasets.data[0].id}/documents`)).json()

const pages = {
  studio: '/apps',
  annotations: `${app}/annotations`,
  share: `${app}/share`,
  api: `${app}/api`,
  logs: `${app}/logs`,
  monitor: `${app}/monitor`,
  knowledge: '/knowledge',
  documents: knowledge,
  'add-documents': `${knowledge}/add`,
  'knowledge-settings': `${knowledge}/settings`,
  segments: `${knowledge}/documents/${documents.data[0].id}`,
  models: '/settings',
  keys: '/settings/keys',
  members: '/settings/members',
  backup: '/settings/backup',
  account: '/settings/account',
}
for (const [name, path] of Object.entries(pages)) {
  await page.goto(path)
  await page.waitForLoadState('networkidle')
  await shoot(page, name)
}
await context.clearCookies()
await page.goto('/signin')
await shoot(page, 'signin')
await browser.close()

/** One page four times. */
async function shoot(shown, name) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await shown.setViewportSize(viewport)
    for (const theme of ['light', 'dark']) {
      await shown.evaluate((value) => (document.documentElement.dataset.theme = value), theme)
      await shown.waitForTimeout(250)
      await shown.screenshot({ path: join(folder, `${name}-${size}-${theme}.png`) })
    }
  }
  await shown.setViewportSize(SIZES.wide)
  await shown.evaluate(() => delete document.documentElement.dataset.theme)
}
