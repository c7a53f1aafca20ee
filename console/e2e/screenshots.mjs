// Pictures of every page, light and dark, wide and on a phone, and in Chinese: `screenshots.mjs BASE FOLDER`, over an empty server.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launch, sample, signUp, watched } from './browser.mjs'
import { chain, edge, imported, member, node } from './flows.mjs'

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

// A workflow that asks a person, and its form.
const plan = chain(
  node('start', 'start', { title: 'Your trip', variables: [
    { variable: 'place', label: 'Where to', type: 'text-input', required: true },
    { variable: 'days', label: 'Days', type: 'number', required: true },
    { variable: 'pace', label: 'Pace', type: 'select', options: ['slow', 'brisk'], required: false },
    { variable: 'wishes', label: 'Wishes', type: 'paragraph', required: false },
  ] }),
  node('plan', 'template-transform', { title: 'Write the plan', template: '## {{ days }} days in {{ place }}\n\n| Day | Morning | Evening |\n| --- | --- | --- |\n| 1 | The old harbour | A walk along the pier |\n| 2 | The hut trail | Soup at the inn |\n\nPack **good shoes**; the trail is steep behind the mill.', variables: ['place', 'days'].map((variable) => ({ variable, value_selector: ['start', variable] })) }),
)
const asks = node('look', 'human-input', {
  title: 'Look it over',
  form_content: '# A plan to look over\n\n{{#plan.output#}}\n\n{{#$output.note#}}', inputs: [{ type: 'paragraph', output_variable_name: 'note', default: { type: 'constant', value: '' } }],
  user_actions: [{ id: 'yes', title: 'Book it', button_style: 'primary' }, { id: 'no', title: 'Not like this', button_style: 'default' }], timeout: 2, timeout_unit: 'day', delivery_methods: [],
})
const end = node('end', 'end', { title: 'Done', outputs: [{ variable: 'plan', value_selector: ['plan', 'output'] }] })
plan.nodes.push(asks, end)
plan.edges.push(edge('plan', 'source', 'look'), ...['yes', 'no', '__timeout'].map((way) => edge('look', way, 'end')))
const planner = await imported(member(context), 'Trip planner', 'workflow', plan)
await page.goto(`/apps/${planner}/share`)
const runner = await page.getByRole('link', { name: 'Open', exact: true }).getAttribute('href')
await page.goto(runner)
await page.getByLabel('Where to').fill('Norwich')
await page.getByLabel('Days').fill('2')
await page.getByRole('button', { name: 'Run' }).click()
const form = await page.getByRole('link', { name: 'Open the form' }).getAttribute('href')
await shoot(page, 'workflow-waiting')
const person = await context.newPage()
await person.goto(form)
await person.getByRole('heading', { name: 'A plan to look over' }).waitFor()
await shoot(person, 'form')
await person.getByRole('button', { name: 'Book it' }).click()
await person.close()
await page.getByText('good shoes').waitFor()
await shoot(page, 'workflow')

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
  tools: '/settings/tools',
  keys: '/settings/keys',
  members: '/settings/members',
  requests: '/settings/requests',
  'log-retention': '/settings/log-retention',
  backup: '/settings/backup',
  account: '/settings/account',
}
for (const [name, path] of Object.entries(pages)) {
  await page.goto(path)
  await page.waitForLoadState('networkidle')
  await shoot(page, name)
}
// In Chinese, once each: the words are others, not the colours.
await page.evaluate(() => localStorage.setItem('edgewise-language', 'zh-Hans'))
for (const [name, path] of Object.entries({ ...pages, editor: app, 'hit-test': `${knowledge}/test`, chat: link, completion: generator })) {
  await page.goto(path)
  await page.waitForLoadState('networkidle')
  await shoot(page, `zh-${name}`, ['light'])
}
await page.evaluate(() => localStorage.removeItem('edgewise-language'))
await context.clearCookies()
await page.goto('/signin')
await shoot(page, 'signin')
await browser.close()

/** One page four times. */
async function shoot(shown, name, themes = ['light', 'dark']) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await shown.setViewportSize(viewport)
    for (const theme of themes) {
      await shown.evaluate((value) => (document.documentElement.dataset.theme = value), theme)
      await shown.waitForTimeout(250)
      await shown.screenshot({ path: join(folder, `${name}-${size}-${theme}.png`) })
    }
  }
  await shown.setViewportSize(SIZES.wide)
  await shown.evaluate(() => delete document.documentElement.dataset.theme)
}
