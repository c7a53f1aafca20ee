// The calls of an app's API page, copied and run as they are with a key of the app: each must answer. Run with a server's
// base URL; bash, curl and Python are needed.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { launch, PATIENCE, signUp, watched } from './browser.mjs'
import { fakeModel, useProvider } from './fake-model.mjs'
import { chain, imported, llm, member, node } from './flows.mjs'

const base = process.argv[2]
const run = promisify(execFile)
const browser = await launch()
const { context, page, problems } = await watched(browser, base, { permissions: ['clipboard-read', 'clipboard-write'] })
const asMember = member(context)
/** Texts that a language may read as something else. */
const QUESTION = 'Is it true that "null" isn\'t $HOME, \\n or {{nothing}}? HARBOUR'
const model = await fakeModel({ HARBOUR: 'The harbour opens at seven.', ferries: 'Ferries are slow.' })
const folder = await mkdtemp(join(tmpdir(), 'snippets-'))

const PROGRAMS = { curl: ['bash', 'call.sh'], Python: ['python3', 'call.py'], JavaScript: [process.execPath, 'call.mjs'] }

/** The snippets of each card, as the button copies them, run; what they print, by card and language. */
async function printed(app) {
  await page.goto(`/apps/${app}/api`)
  await page.getByRole('button', { name: 'New key' }).click()
  const key = (await page.getByRole('dialog').getByRole('code').innerText()).trim()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  const env = { PATH: process.env.PATH, HOME: folder, API_KEY: key }
  const cards = page.getByRole('heading', { level: 2 }).locator('..').filter({ has: page.getByRole('tablist') })
  await page.waitForLoadState('networkidle')
  const all = {}
  for (const card of await cards.all()) {
    const title = await card.getByRole('heading').innerText()
    for (const [language, [program, file]] of Object.entries(PROGRAMS)) {
      await card.getByRole('tab', { name: language }).click()
      await card.getByRole('button', { name: 'Copy' }).click()
      const text = await page.evaluate(() => navigator.clipboard.readText())
      assert.equal(text, await card.locator('pre').innerText())
      await writeFile(join(folder, file), text)
      const { stdout } = await run(program, [join(folder, file)], { env, timeout: PATIENCE }).catch((error) => assert.fail(`${title}, ${language}:\n${text}\n${error}`))
      all[title] = { ...all[title], [language]: stdout }
    }
  }
  return all
}

/** Every language gets this, from every call. */
function each(outputs, titles, wanted) {
  assert.deepEqual(Object.keys(outputs), titles)
  for (const [title, languages] of Object.entries(outputs)) {
    assert.deepEqual(Object.keys(languages), Object.keys(PROGRAMS))
    for (const [language, text] of Object.entries(languages)) assert.match(text, wanted[title], `${title}, ${language}`)
  }
}

async function chat() {
  const { id } = await asMember('POST', '/apps', { name: 'Pilot', mode: 'chat' })
  const field = (label, more) => ({ label, variable: label.toLowerCase(), required: true, default: '', ...more })
  const config = {
    model: { provider: 'fake', name: 'small', mode: 'chat', completion_params: {} },
    pre_prompt: 'Answer {{tone}} for {{days}}.',
    suggested_questions: [QUESTION],
    user_input_form: [{ select: field('Tone', { options: ["it's true", 'calm'] }) }, { 'text-input': field('Name') }, { number: field('Days') }],
  }
  await asMember('POST', `/apps/${id}/model-config`, config)
  each(await printed(id), ['Ask', 'List conversations', 'What the app expects'], {
    Ask: /harbour opens at seven/,
    'List conversations': /has_more/,
    'What the app expects': /user_input_form/,
  })
  // What was asked is, in each language, what the page says.
  const asked = model.asked.map(({ messages }) => JSON.stringify(messages))
  const exact = asked.filter((text) => text.includes(JSON.stringify(QUESTION).slice(1, -1)) && text.includes("Answer it's true for 1."))
  assert.equal(exact.length, 3, asked.join('\n'))
}

async function workflow() {
  const variables = [
    { variable: 'topic', label: 'Topic', type: 'select', options: ['ferries'], required: true },
    { variable: 'count', label: 'Count', type: 'number', required: true },
    { variable: 'loud', label: 'Loud', type: 'checkbox', required: true },
  ]
  const end = node('end', 'end', { outputs: [{ variable: 'text', value_selector: ['write', 'text'] }] })
  const id = await imported(asMember, 'Essays', 'workflow', chain(node('start', 'start', { variables }), llm('write', 'On {{#start.topic#}}.'), end))
  each(await printed(id), ['Ask', 'What the app expects'], { Ask: /workflow_finished[\s\S]*Ferries are slow/, 'What the app expects': /user_input_form/ })
}

try {
  await signUp(page)
  await useProvider(page, model.url)
  await chat()
  await workflow()
  assert.deepEqual(problems, [])
  console.log('every snippet answers')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  await rm(folder, { recursive: true })
  model.end()
  await browser.close()
}
