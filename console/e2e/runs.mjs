// The page of a workflow app: run, followed over a reload, stopped, run over a table, looked at later; a chatflow that is
// followed over a reload; a webhook that is tried; MCP servers. Run with a server's base URL.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { looker } from './axe.mjs'
import { launch, signUp, until, watched } from './browser.mjs'
import { fakeModel, halfway, held, HELD, useProvider, whole } from './fake-model.mjs'
import { chain, imported, llm, member, node } from './flows.mjs'

const base = process.argv[2]
const shots = process.env.SHOTS
const browser = await launch()
const { context, page, problems } = await watched(browser, base)
const asMember = member(context)
const look = looker(page)
const model = await fakeModel({ HELD, HOSTILE: '# A title\n\n<img src=x onerror="window.owned=1"><script>window.owned=1</script> **after-the-storm**' })

const shot = (on, name) => shots && on.screenshot({ path: `${shots}/${name}.png` })

/** The page of an app, found on its Share panel by whoever built it. */
async function shared(id) {
  await page.goto(`/apps/${id}/share`)
  const link = page.getByRole('link', { name: 'Open', exact: true })
  await link.waitFor()
  await look('share')
  return link.getAttribute('href')
}

async function workflow() {
  const variables = [
    { variable: 'topic', label: 'Topic', type: 'text-input', required: true },
    { variable: 'kind', label: 'Kind', type: 'select', options: ['short', 'long'], required: false },
    { variable: 'loud', label: 'Loud', type: 'checkbox', required: false },
    { variable: 'note', label: 'Note', type: 'file', required: false, allowed_file_types: ['document'], allowed_file_upload_methods: ['local_file'] },
  ]
  const end = node('end', 'end', { outputs: [{ variable: 'text', value_selector: ['write', 'text'] }] })
  const id = await imported(asMember, 'Essays', 'workflow', chain(node('start', 'start', { variables }), llm('write', 'On {{#start.topic#}}.'), end))
  const link = await shared(id)
  assert.match(link, /\/workflow\/\w+$/)

  const guest = await watched(browser, base)
  const seen = guest.page
  await seen.goto(link)
  await seen.getByRole('heading', { name: 'Essays' }).waitFor()
  await seen.getByRole('button', { name: 'Run' }).click()
  await seen.getByText('Fill in first: Topic').waitFor()
  await look('a workflow', seen)
  await seen.getByLabel('Topic').fill('HELD boats')
  await seen.getByLabel('Note').setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('a note') })
  await seen.getByText('note.txt').waitFor()
  await seen.getByRole('button', { name: 'Run' }).click()
  const shown = seen.getByRole('main')
  await held(model, shown)
  const steps = shown.getByRole('list', { name: 'Steps' })
  await steps.getByText('write').waitFor()
  await shot(seen, 'workflow-running')
  await seen.reload()
  await shown.getByText('begin-of-it').waitFor()
  await seen.getByRole('button', { name: 'Stop' }).waitFor()
  model.release()
  await whole(seen, 1, { shown, idle: 'Run' })
  await shown.getByText('Done', { exact: true }).first().waitFor()
  await look('a finished run', seen)
  await shot(seen, 'workflow-done')

  await seen.getByLabel('Topic').fill('HELD again')
  await seen.getByRole('button', { name: 'Run' }).click()
  await held(model, shown)
  await seen.getByRole('button', { name: 'Stop' }).click()
  await shown.getByText('Stopped', { exact: true }).first().waitFor()
  model.release()

  await seen.getByLabel('Topic').fill('HOSTILE')
  await seen.getByRole('button', { name: 'Run' }).click()
  await shown.getByText('after-the-storm').waitFor()
  await seen.getByRole('button', { name: 'Run' }).waitFor()
  assert.equal(await shown.locator('script, [onerror]').count(), 0)
  assert.equal(await seen.evaluate(() => window.owned), undefined)

  await seen.getByRole('tab', { name: 'Run a table' }).click()
  const table = 'topic,kind,loud\nferries,short,true\npiers,,\n'
  await seen.locator('input[type=file]').setInputFiles({ name: 'topics.csv', mimeType: 'text/csv', buffer: Buffer.from(table) })
  await seen.getByRole('button', { name: 'Run', exact: true }).click()
  await seen.getByText('2 / 2').waitFor()
  await look('a table of runs', seen)
  const saved = seen.waitForEvent('download')
  await seen.getByRole('button', { name: 'Results' }).click()
  const results = await readFile(await (await saved).path(), 'utf8')
  assert.match(results, /ferries,short,true,This is small/)

  await seen.getByRole('tab', { name: 'Earlier runs' }).click()
  const rows = seen.getByRole('main').getByRole('button', { expanded: false })
  await until(async () => (await rows.count()) === 3, 'three runs are listed')
  await rows.getByText('HELD boats').click()
  await shown.getByText('end-of-it').waitFor()
  await look('earlier runs', seen)
  await shot(seen, 'workflow-earlier')
  assert.deepEqual(guest.problems, [])
  await guest.context.close()
  // Three runs of the form, one of which was stopped, and two of the table.
  await logged(id)
}

async function chatflow() {
  const graph = chain(node('start', 'start', { variables: [] }), llm('write', '{{#sys.query#}}'), node('answer', 'answer', { answer: '{{#write.text#}}' }))
  const id = await imported(asMember, 'Talks', 'advanced-chat', graph)
  const link = await shared(id)
  const guest = await watched(browser, base)
  const seen = guest.page
  await seen.goto(link)
  await halfway(model, seen, 'HELD please')
  await seen.reload()
  await seen.getByRole('log').getByText('begin-of-it').waitFor()
  await seen.getByRole('button', { name: 'Stop' }).waitFor()
  model.release()
  await whole(seen, 1)
  // Nothing of it is lost or written again afterwards.
  await seen.reload()
  await whole(seen, 1)
  assert.deepEqual(guest.problems, [])
  await guest.context.close()
}

/** The draft's webhook is tried with a real call. */
async function webhook() {
  const hook = node('hook', 'trigger-webhook', { title: 'Orders', method: 'POST', content_type: 'application/json', headers: [], params: [], body: [{ name: 'name', type: 'string', required: true }], async_mode: true, status_code: 200, response_body: '' })
  const end = node('end', 'end', { outputs: [{ variable: 'name', value_selector: ['hook', 'name'] }] })
  const id = await imported(asMember, 'Hooked', 'workflow', chain(hook, end))
  await page.goto(`/apps/${id}`)
  await page.getByText('/triggers/webhook/').waitFor()
  const listens = page.getByRole('button', { name: 'Listen for a test call' })
  await listens.click()
  await page.getByText('/triggers/webhook-debug/').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await listens.click()
  const address = await page.getByText('/triggers/webhook-debug/').innerText()
  await look('listening for a call')
  const called = await context.request.post(new URL(address).pathname, { data: { name: 'seven boats' } })
  assert.ok(called.ok(), await called.text())
  await page.getByRole('region', { name: 'What the call brought' }).getByText('seven boats').waitFor()
  await listens.waitFor()
  await look('what a call brought')
  await shot(page, 'webhook')
}

/** What was run, found by its words, with its steps. */
async function logged(id) {
  await page.goto(`/apps/${id}/logs`)
  const rows = page.getByRole('main').getByRole('listitem').getByRole('button')
  await until(async () => (await rows.count()) === 5, 'five runs are logged')
  await page.getByLabel('Status').selectOption('stopped')
  await until(async () => (await rows.count()) === 1, 'one was stopped')
  await page.getByLabel('Status').selectOption('')
  await page.getByLabel('Search the logs').fill('HOSTILE')
  await until(async () => (await rows.count()) === 1, 'one is found')
  await rows.click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('after-the-storm').waitFor()
  await dialog.getByText('3 steps').waitFor()
  await look('a run of the log')
  await shot(page, 'run-log')
}

/** An address of this machine is refused by the server; what a server offers is shown. */
async function servers() {
  await page.goto('/settings/tools')
  await page.getByText('No servers so far').waitFor()
  await look('tools')
  await page.getByRole('button', { name: 'Add a server' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Greeter')
  await page.getByLabel('Identifier').fill('greeter')
  await page.getByLabel('Address').fill('http://127.0.0.1:9/mcp')
  await page.getByRole('button', { name: 'Add a header' }).click()
  await page.getByLabel('Header', { exact: true }).fill('x-key')
  await page.getByLabel('Value').fill('secret')
  await look('an MCP server')
  await page.getByRole('button', { name: 'Try and save' }).click()
  await page.getByRole('dialog').getByRole('alert').waitFor()
  await shot(page, 'mcp-server')
  await page.keyboard.press('Escape')
}

try {
  await signUp(page)
  await useProvider(page, model.url)
  await workflow()
  await chatflow()
  await webhook()
  await servers()
  assert.deepEqual(problems, [])
  console.log('workflows, chatflows and their tools work')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
