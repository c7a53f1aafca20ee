// A workflow asks a person: the form's page, its answer, and what the page says when nothing is left to do. Run with a
// server's base URL.
import assert from 'node:assert/strict'
import { looker } from './axe.mjs'
import { launch, signUp, until, watched } from './browser.mjs'
import { edge, imported, member, node } from './flows.mjs'

const base = process.argv[2]
const shots = process.env.SHOTS
const browser = await launch()
const { context, page, problems } = await watched(browser, base)
const asMember = member(context)
const look = looker(page)

const end = (id, field) => node(id, 'end', { outputs: [{ variable: 'out', value_selector: ['ask', field] }] })
const graph = {
  nodes: [
    node('start', 'start', { variables: [{ variable: 'name', label: 'name', type: 'paragraph', required: true }] }),
    node('ask', 'human-input', {
      form_content: '# Parcel for {{#start.name#}}\n\nPlease look at the **address**.\n\n{{#$output.note#}}\n\nThen choose:',
      inputs: [
        { type: 'paragraph', output_variable_name: 'note', default: { type: 'constant', value: 'by post' } },
        { type: 'select', output_variable_name: 'size', option_source: { type: 'constant', value: ['small', 'large'] } },
        { type: 'file', output_variable_name: 'photo', allowed_file_types: ['document'], allowed_file_upload_methods: ['local_file'] },
      ],
      user_actions: [{ id: 'yes', title: 'Send it', button_style: 'primary' }, { id: 'no', title: 'Do not send', button_style: 'default' }],
      timeout: 2,
      timeout_unit: 'day',
      delivery_methods: [],
    }),
    node('sent', 'end', { outputs: [{ variable: 'out', value_selector: ['ask', 'note'] }, { variable: 'photo', value_selector: ['ask', 'photo', 'name'] }] }),
    end('kept', '__action_value'),
  ],
  edges: [edge('start', 'source', 'ask'), edge('ask', 'yes', 'sent'), edge('ask', 'no', 'kept'), edge('ask', '__timeout', 'kept')],
}

try {
  await signUp(page)
  const id = await imported(asMember, 'Parcels', 'workflow', graph)
  const { token: key } = await asMember('POST', `/apps/${id}/api-keys`, {})
  const app = async (path, data) => {
    const answer = await page.request.fetch(path, { method: data ? 'POST' : 'GET', data, headers: { Authorization: `Bearer ${key}` } })
    return answer.json()
  }
  const run = await app('/v1/workflows/run', { inputs: { name: '<img src=x onerror=window.owned=1>Ada' }, user: 'u' })
  assert.equal(run.data.status, 'paused', JSON.stringify(run))

  // Somebody else, who has nothing but the link.
  const guest = await watched(browser, base)
  await guest.page.goto(`/form/${run.data.reasons[0].form_token}`)
  await guest.page.getByRole('heading', { name: 'Parcel for' }).waitFor()
  await look('a form', guest.page)
  if (shots) await guest.page.screenshot({ path: `${shots}/form.png` })
  await guest.page.getByLabel('note').fill('by bicycle')
  await guest.page.getByLabel('size').selectOption('large')
  await guest.page.getByLabel('photo').setInputFiles({ name: 'parcel.txt', mimeType: 'text/plain', buffer: Buffer.from('a parcel') })
  await guest.page.getByText('parcel.txt').waitFor()
  await guest.page.getByRole('button', { name: 'Send it' }).click()
  await guest.page.getByText('Thank you').waitFor()
  await guest.page.reload()
  await guest.page.getByText('This form has been answered.').waitFor()
  await guest.page.goto('/form/nothing')
  await guest.page.getByText('There is no such form.').waitFor()
  assert.equal(await guest.page.evaluate(() => window.owned), undefined)
  let ended
  await until(async () => (ended = await app(`/v1/workflows/run/${run.workflow_run_id}`)).status === 'succeeded', 'the run goes on')
  assert.deepEqual(ended.outputs, { out: 'by bicycle', photo: 'parcel.txt' })
  assert.deepEqual([problems, guest.problems], [[], []])
  console.log('a form was filled in, and its run went on')
} finally {
  await browser.close()
}
