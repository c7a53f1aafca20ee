// The first minutes on a machine that has no model: what runs on the server is offered first, its download fails, is tried
// again, shows how far it is, and can be used. Run with a server's base URL and the port at which it looks for the hub, which
// is served here, from the weights that this machine has.
import assert from 'node:assert/strict'
import { open, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { launch, signUp, watched } from './browser.mjs'

const [base, port] = process.argv.slice(2)
const MODEL = 'all-minilm-l6-v2'
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
const folder = join(process.env.EDGEWISE_MODELS ?? join(cache, 'edgewise', 'models'), MODEL)

/** Down, then slow: the second half of a large file goes out when it is let. */
const hub = { up: false }
const letGo = new Promise((resolve) => (hub.letGo = resolve))

const server = createServer(async (request, answer) => {
  if (!hub.up) return answer.writeHead(503).end()
  const name = basename(new URL(request.url, base).pathname)
  const size = (await stat(join(folder, name))).size
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? 'bytes=0-')
  const end = to === '' ? size - 1 : Number(to)
  answer.writeHead(206, { ETag: `"${name}"`, 'X-Repo-Commit': 'main', 'Content-Range': `bytes ${from}-${end}/${size}`, 'Content-Length': end - Number(from) + 1 })
  const file = await open(join(folder, name))
  const send = async (first, last) => {
    for await (const part of file.createReadStream({ start: first, end: last, autoClose: false })) if (!answer.write(part)) await new Promise((resolve) => answer.once('drain', resolve))
  }
  const half = Math.floor(size / 2)
  if (end - Number(from) > half && size > 1 << 20) {
    await send(Number(from), half - 1)
    await letGo
    await send(half, end)
  } else await send(Number(from), end)
  await file.close()
  answer.end()
})
await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve))

const browser = await launch()
const { page, problems } = await watched(browser, base)
const row = (on) => on.getByRole('listitem').filter({ hasText: 'Sentence embeddings, English, 22.7 M' }).last()

async function fails() {
  await row(page).getByRole('button', { name: 'Download' }).click()
  await page.getByText('It did not come.').waitFor()
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/download-failed.png` })
}

async function comes() {
  hub.up = true
  await row(page).getByRole('button', { name: 'Try again' }).click()
  const bar = page.getByRole('progressbar', { name: `Downloading ${MODEL}` })
  await bar.waitFor()
  // Every byte that was sent has come, and no other.
  await page.getByText('43.3 MB of 86.7 MB').waitFor()
  assert.equal(await bar.getAttribute('aria-valuenow'), '50')
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/download.png` })
  // It goes on without its page.
  await page.reload()
  await bar.waitFor()
  hub.letGo()
  await row(page).getByText('on this server').waitFor()
  assert.equal(await bar.count(), 0)
}

async function inSettings() {
  await page.goto('/settings')
  await page.getByRole('heading', { name: 'Models on this server' }).waitFor()
  await row(page).getByText('on this server').waitFor()
  assert.equal(await row(page).getByRole('button').count(), 0)
}

try {
  await signUp(page)
  await page.getByText('Download the small models that run on this server').waitFor()
  await fails()
  await comes()
  await inSettings()
  assert.deepEqual(problems, [])
  console.log('a model comes to the server')
} finally {
  await browser.close()
  server.close()
  server.closeAllConnections()
}
