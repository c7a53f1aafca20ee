// Debian's Chromium, driven by playwright-core; what goes wrong on a page fails the run that opened it.
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** How long anything may take, in milliseconds: several servers and browsers share two cores with it. `PATIENCE` says less. */
export const PATIENCE = Number(process.env.PATIENCE ?? 90_000)

/** Waits until `check` holds, for what no page shows. */
export async function until(check, what) {
  const end = Date.now() + PATIENCE
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`it never came to this: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export const FLAGS = ['--no-sandbox', '--disable-gpu', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']

/** Where the browser is. */
export function program() {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path))
  if (!executablePath) throw new Error('no Chromium: apt-get install chromium')
  return executablePath
}

export async function launch() {
  return chromium.launch({ executablePath: program(), args: FLAGS })
}

/** A page whose errors and foreign requests are collected. */
export async function watched(browser, base, options = {}) {
  const context = await browser.newContext({ baseURL: base, locale: 'en-US', ...options })
  context.setDefaultTimeout(PATIENCE)
  const page = await context.newPage()
  const problems = []
  page.on('pageerror', (error) => problems.push(`error on ${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) problems.push(`policy on ${page.url()}: ${message.text()}`)
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (/^https?:$/.test(url.protocol) && url.origin !== new URL(base).origin) problems.push(`request to ${url.origin}`)
  })
  return { context, page, problems }
}

export const OWNER = { name: 'Ada Lin', email: 'ada@example.com', password: 'correct-horse-9' }

/** From an empty server to the studio; `token`: what a server on the edge asks for. */
export async function signUp(page, token) {
  await page.goto('/')
  await page.waitForURL('**/install')
  await page.getByLabel('Name').fill(OWNER.name)
  await page.getByLabel('Email').fill(OWNER.email)
  await page.getByLabel('Password').fill(OWNER.password)
  await page.getByRole('button', { name: 'Create the owner' }).click()
  if (token) {
    await page.getByLabel('Setup token').fill(token)
    await page.getByRole('button', { name: 'Create the owner' }).click()
  }
  await page.waitForURL('**/apps')
}

/** A new app, its editor open. */
export async function blank(page, kind, name) {
  await page.goto('/apps')
  await page.getByRole('button', { name: 'New app' }).first().click()
  await page.getByRole('radio', { name: kind }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create' }).click()
  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
  await page.getByText('As published').waitFor()
}

export const ask = async (on, question) => {
  await on.getByLabel('Your question').fill(question)
  await on.getByRole('button', { name: 'Send' }).click()
}

/** A new knowledge base, where its documents are added. */
export async function knowledge(page, name) {
  await page.goto('/knowledge')
  await page.getByRole('button', { name: 'New knowledge base' }).first().click()
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Go on to documents' }).click()
  await page.waitForURL('**/add')
}

/** The sample assistant, its knowledge indexed. */
export async function sample(page) {
  await page.getByRole('button', { name: 'Try the sample assistant' }).click()
  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
  await page.getByRole('heading', { name: 'Preview' }).waitFor()
}

/** A file is dropped on the page that is open. */
export const drop = (page, name, bytes) =>
  page.locator('main > div').first().evaluate((area, [called, content]) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([new Uint8Array(content)], called))
    for (const kind of ['dragover', 'drop']) area.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }))
  }, [name, [...bytes]])

/** What the editor shows becomes what visitors get. */
export async function publish(page) {
  await page.getByText('Unpublished changes').waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('As published').waitFor()
}
