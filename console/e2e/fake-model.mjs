// A provider that speaks the OpenAI API and answers what a test wants: the answer whose name stands in the question.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { ask, until } from './browser.mjs'

export const KEY = 'sk-right-0123456789'

/** What is said in two parts, the second after a `release`. */
export const HELD = `begin-of-it ${'and so on '.repeat(60)}end-of-it`

/** `answers`: names and what is said for them; a function sees the request and may answer a status instead. */
export async function fakeModel(answers = {}) {
  const asked = []
  const held = []
  const server = createServer(async (request, answer) => {
    let text = ''
    for await (const part of request) text += part
    const json = (status, body) => answer.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    if (request.headers.authorization !== `Bearer ${KEY}`) return json(401, { error: { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' } })
    if (request.method === 'GET') return json(200, { object: 'list', data: [{ id: 'small', object: 'model' }, { id: 'large', object: 'model' }] })
    if (request.url.endsWith('/audio/transcriptions')) return json(200, { text: 'When does the ferry leave?' })
    if (request.url.endsWith('/audio/speech')) return answer.writeHead(200, { 'Content-Type': 'audio/mpeg' }).end(Buffer.alloc(64))
    const body = JSON.parse(text)
    asked.push(body)
    const last = JSON.stringify(body.messages?.at(-1)?.content ?? '')
    const name = Object.keys(answers).find((word) => last.includes(word))
    let said = name ? answers[name] : `This is ${body.model} at ${body.temperature ?? 'its own'} degrees.`
    if (typeof said === 'function') said = await said(body)
    // With tools it calls the first one for what stands in the question behind `CALCULATE`, then says what came of it.
    const sum = body.tools?.length && /CALCULATE ([\d+*]+)/.exec(last)
    const result = body.tools?.length && body.messages.at(-1).role === 'tool'
    if (result) said = `It makes ${body.messages.at(-1).content}.`
    if (typeof said === 'number') return json(said, { error: { message: 'Rate limit reached', type: 'rate_limit', code: 'rate_limit_exceeded' } })
    const usage = { prompt_tokens: 20, completion_tokens: 8, total_tokens: 28 }
    const head = { id: 'x', object: 'chat.completion.chunk', created: 1, model: body.model }
    if (!body.stream) return json(200, { ...head, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: said }, finish_reason: 'stop' }], usage })
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' })
    const send = (value) => answer.write(`data: ${JSON.stringify(value)}\n\n`)
    if (sum) {
      const call = { index: 0, id: 'call_1', type: 'function', function: { name: body.tools[0].function.name, arguments: JSON.stringify({ expression: sum[1] }) } }
      send({ ...head, choices: [{ index: 0, delta: { content: 'I calculate. ', tool_calls: [call] }, finish_reason: null }] })
      send({ ...head, choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })
      send({ ...head, choices: [], usage })
      return answer.end('data: [DONE]\n\n')
    }
    const parts = said.match(/[\s\S]{1,400}/g) ?? ['']
    for (const [at, content] of parts.entries()) {
      // Stopped in the middle until the test has done there what it wants.
      if (last.includes('HELD') && at === 1) await new Promise((go) => held.push(go))
      send({ ...head, choices: [{ index: 0, delta: { content }, finish_reason: null }] })
      // A slow one, when the test says so: long enough to act in the middle.
      if (last.includes('SLOWLY')) await new Promise((resolve) => setTimeout(resolve, 250))
    }
    send({ ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    send({ ...head, choices: [], usage })
    answer.end('data: [DONE]\n\n')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}/v1`, asked, held, release: () => held.splice(0).forEach((go) => go()), end: () => server.closeAllConnections() || server.close() }
}

/** Puts it into the workspace, through the screen. */
export async function addProvider(page, url, key = KEY) {
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Add a provider' }).click()
  await page.getByLabel('Name').fill('fake')
  await page.getByLabel('Address').fill(url)
  await page.getByLabel('API key').fill(key)
  await page.getByLabel('Model', { exact: true }).fill('small')
  await page.getByRole('button', { name: 'One more' }).click()
  await page.getByLabel('Model', { exact: true }).last().fill('large')
  await page.getByRole('button', { name: 'Try and save' }).click()
}

/** Puts it there, and makes it the workspace's own model. */
export async function useProvider(page, url) {
  await addProvider(page, url)
  await page.getByText('fake answers and is ready').waitFor()
  await page.getByLabel('Language', { exact: true }).selectOption({ label: 'fake / small' })
  await page.getByText('Saved').waitFor()
}

/** Half of an answer is there, and more will come. */
export async function halfway(model, on, question) {
  await ask(on, question)
  await held(model, on.getByRole('log'))
}

/** The model waits in the middle of its answer, whose first half is shown. */
export async function held(model, shown) {
  await until(() => model.held.length > 0, 'the model is in the middle of its answer')
  await shown.getByText('begin-of-it').last().waitFor()
}

/** All of it is there, each part once. */
export async function whole(on, count, { shown = on.getByRole('log'), idle = 'Send' } = {}) {
  await shown.getByText('end-of-it').nth(count - 1).waitFor()
  await on.getByRole('button', { name: idle }).waitFor()
  const text = (await shown.innerText()).replaceAll(/\s+/g, ' ')
  assert.deepEqual(text.match(/begin-of-it|end-of-it/g), Array(count).fill(['begin-of-it', 'end-of-it']).flat())
  assert.equal(text.match(/and so on/g).length, 60 * count)
}
