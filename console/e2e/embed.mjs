// The bubble on a page of another site whose policy forbids inline scripts and styles, and whose style sheet is hostile;
// the roles of two people; a draft in two tabs; an app file and a file that is none. Run by tests/browser with a server's
// base URL.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { launch, PATIENCE, sample, signUp, watched } from './browser.mjs'

const base = process.argv[2]
const browser = await launch()
const { context, page, problems } = await watched(browser, base)

/** A page of somebody else; `config`: a script of its own that sets more than attributes do; `style`: its style sheet. */
async function foreign(code, config = '', style = '') {
  const html = `<!doctype html><title>Shop</title><link rel="stylesheet" href="/shop.css"><h1>Shop</h1><script src="${base}/embed.min.js" id="${code}" data-token="${code}" data-base-url="${base}" defer></script>`
  const page = config ? `<!doctype html><title>Shop</title><h1>Shop</h1><script src="/config.js"></script><script src="${base}/embed.min.js" id="${code}" defer></script>` : html
  const policy = `default-src 'none'; script-src 'self' ${base}; frame-src ${base}; style-src 'self'`
  const server = createServer((request, answer) => {
    const [kind, text] = { '/config.js': ['text/javascript', config], '/shop.css': ['text/css', style] }[request.url] ?? ['text/html', page]
    answer.setHeader('Content-Type', kind).setHeader('Content-Security-Policy', policy).end(text)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://localhost:${server.address().port}/`, end: () => server.close() }
}

async function bubble(code) {
  const shop = await foreign(code)
  const visitor = await browser.newContext({ viewport: { width: 1100, height: 800 } })
  visitor.setDefaultTimeout(PATIENCE)
  const seen = await visitor.newPage()
  await seen.goto(shop.url)
  await seen.locator('#dify-chatbot-bubble-button').waitFor({ state: 'attached' })
  assert.equal(seen.frames().length, 1)
  // The frame lies in a closed tree, where selectors do not reach.
  const [frame] = await Promise.all([seen.waitForEvent('frameattached'), seen.mouse.click(1100 - 40, 800 - 40)])
  await frame.getByRole('button', { name: 'Where do I leave the key?' }).waitFor()
  await seen.keyboard.press('Escape')
  await visitor.close()
  shop.end()
}

/** A page whose style sheet is at war with everything. */
const HOSTILE = `
* { font: italic 40px/3 serif !important; letter-spacing: 9px !important; color: red !important; visibility: hidden !important; pointer-events: none !important }
body * { all: unset !important; display: none !important; transform: rotate(20deg) scale(3) !important; filter: blur(9px) !important; opacity: .1 !important; zoom: 3 !important; position: absolute !important; width: 3px !important; height: 3px !important; overflow: hidden !important; contain: strict !important }
button, iframe, svg, div { width: 7px !important; border: 9px solid red !important; margin: 50px !important; background: red !important }`

/** Where the bubble and its frame are, and how they look, on a page with this style sheet. */
async function looks(code, style) {
  const shop = await foreign(code, '', style)
  const visitor = await browser.newContext({ viewport: { width: 1100, height: 800 } })
  visitor.setDefaultTimeout(PATIENCE)
  const seen = await visitor.newPage()
  await seen.goto(shop.url)
  await seen.locator('#dify-chatbot-bubble-button').waitFor({ state: 'attached' })
  const [frame] = await Promise.all([seen.waitForEvent('frameattached'), seen.mouse.click(1100 - 40, 800 - 40)])
  await frame.getByRole('button', { name: 'Where do I leave the key?' }).waitFor()
  // Selectors do not reach into the closed tree; the protocol of the browser does.
  const line = await visitor.newCDPSession(seen)
  const { root } = await line.send('DOM.getDocument', { depth: -1, pierce: true })
  await line.send('CSS.enable')
  const within = (node) => [node, ...(node.children ?? []).flatMap(within), ...(node.shadowRoots ?? []).flatMap(within)]
  const found = {}
  for (const { nodeId, localName, attributes = [] } of within(root)) {
    if (!['button', 'svg', 'iframe'].includes(localName)) continue
    const { model } = await line.send('DOM.getBoxModel', { nodeId })
    const { computedStyle } = await line.send('CSS.getComputedStyleForNode', { nodeId })
    const shown = ['visibility', 'opacity', 'pointer-events', 'filter', 'background-color', 'color', 'border-top-width', 'cursor']
    found[localName] = { border: model.border, shown: computedStyle.filter(({ name }) => shown.includes(name)).map(({ name, value }) => `${name}: ${value}`), wide: attributes.includes('data-wide') }
  }
  const letters = await frame.locator('body').evaluate((body) => getComputedStyle(body).font)
  if (process.env.SHOTS) await seen.screenshot({ path: `${process.env.SHOTS}/embed${style ? '-hostile' : ''}.png` })
  // Whoever embeds it can hide it nevertheless.
  await seen.locator('#dify-chatbot-bubble-button').evaluate((holder) => (holder.style.display = 'none'))
  const hidden = await seen.locator('#dify-chatbot-bubble-button').evaluate((holder) => getComputedStyle(holder).display)
  await visitor.close()
  shop.end()
  return { found, letters, hidden }
}

async function isolation(code) {
  const plain = await looks(code, '')
  assert.deepEqual(Object.keys(plain.found).sort(), ['button', 'iframe', 'svg'])
  const [left, top, right] = plain.found.button.border
  assert.deepEqual([left, top, right - left], [1100 - 16 - 48, 800 - 16 - 48, 48])
  assert.equal(plain.hidden, 'none')
  assert.deepEqual(await looks(code, HOSTILE), plain)
}

/** A bubble that may be drawn elsewhere stays there, and drawing it does not open it. */
async function drag(code) {
  const shop = await foreign(code, `window.difyChatbotConfig = { token: '${code}', baseUrl: '${base}', draggable: true }`)
  const visitor = await browser.newContext({ viewport: { width: 1100, height: 800 } })
  visitor.setDefaultTimeout(PATIENCE)
  const seen = await visitor.newPage()
  await seen.goto(shop.url)
  await seen.locator('#dify-chatbot-bubble-button').waitFor({ state: 'attached' })
  await seen.mouse.move(1060, 760)
  await seen.mouse.down()
  await seen.mouse.move(760, 560, { steps: 5 })
  await seen.mouse.up()
  assert.equal(seen.frames().length, 1, 'drawing opened it')
  await seen.mouse.click(1060, 760)
  assert.equal(seen.frames().length, 1, 'it is still in the corner')
  await Promise.all([seen.waitForEvent('frameattached'), seen.mouse.click(760, 560)])
  await visitor.close()
  shop.end()
}

/** The later of two tabs is told, and loses nothing. */
async function tabs(app) {
  const other = await context.newPage()
  await other.goto(app)
  await page.goto(app)
  // Both have the draft before one of them changes it.
  for (const tab of [other, page]) await tab.getByText('As published').waitFor()
  await page.getByLabel('Prompt', { exact: true }).fill('One.')
  await page.getByText('Unpublished changes').waitFor()
  await other.getByLabel('Prompt', { exact: true }).fill('Two.')
  await other.getByText('Another tab changed this draft').waitFor()
  assert.equal(await other.getByLabel('Prompt', { exact: true }).inputValue(), 'Two.')
  await other.getByRole('button', { name: 'Reload the draft' }).click()
  await other.getByText('One.').first().waitFor()
  await other.close()
}

async function files() {
  await page.goto('/apps')
  await page.getByRole('button', { name: 'New app' }).click()
  await page.getByRole('tab', { name: 'App file' }).click()
  const give = (name, text) => page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/yaml', buffer: Buffer.from(text) })
  await give('holiday.yml', 'just: a list of things\n')
  await page.getByRole('alert').waitFor()
  await page.keyboard.press('Escape')
}

/** A member sees apps and cannot change them. */
async function member() {
  await page.goto('/settings/members')
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByLabel('Email').fill('ben@example.com')
  await page.getByLabel('Role', { exact: true }).selectOption('normal')
  await page.getByRole('button', { name: 'Invite' }).last().click()
  const link = await page.getByText('/activate?').innerText()
  const guest = await watched(browser, base)
  await guest.page.goto(new URL(link).pathname + new URL(link).search)
  await guest.page.getByLabel('Name').fill('Ben')
  await guest.page.getByLabel('Password').fill('another-horse-7')
  await guest.page.getByRole('button', { name: 'Join' }).click()
  await guest.page.waitForURL('**/apps')
  await guest.page.getByText('Knowledge assistant').first().click()
  await guest.page.getByText('You may use this app').waitFor()
  const csrf = (await guest.context.cookies()).find(({ name }) => name.endsWith('csrf_token')).value
  const refused = await guest.page.request.post('/console/api/apps', { data: { name: 'x', mode: 'chat' }, headers: { 'X-CSRF-Token': csrf } })
  assert.equal(refused.status(), 403)
  const forged = await page.request.post('/console/api/apps', { data: { name: 'x', mode: 'chat' } })
  assert.equal(forged.status(), 401)
  assert.deepEqual(guest.problems, [])
  await guest.context.close()
}

async function leave() {
  await page.goto('/settings/account')
  await page.getByRole('button', { name: 'Log out everywhere' }).click()
  await page.waitForURL('**/signin**')
  assert.equal((await page.request.get('/console/api/apps')).status(), 401)
}

try {
  await signUp(page)
  await sample(page)
  const app = page.url()
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  await tabs(app)
  await bubble(link.split('/').at(-1))
  await isolation(link.split('/').at(-1))
  await drag(link.split('/').at(-1))
  await files()
  await member()
  assert.deepEqual(problems, [])
  await leave()
  console.log('embedding, tabs, files, roles: as they should be')
} catch (error) {
  await page.screenshot({ path: 'built/failed.png' }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  await browser.close()
}
