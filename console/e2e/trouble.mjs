// What goes wrong while somebody works: a reload and a broken line in the middle of an answer, a server that is gone, a
// session that ends, a paste of two megabytes, a dropped file that is no app. Nothing typed or said is lost. Run with a
// server's base URL.
import assert from 'node:assert/strict'
import { ask, blank, drop, launch, OWNER, signUp, until, watched } from './browser.mjs'
import { fakeModel, halfway, held, HELD, useProvider, whole } from './fake-model.mjs'

const base = process.argv[2]
const shots = process.env.SHOTS
const browser = await launch()
const { context, page, problems } = await watched(browser, base)
const model = await fakeModel({ HELD })

/** As a visitor: a reload in the middle, then a line that breaks. */
async function visitor(link) {
  const guest = await watched(browser, base)
  const seen = guest.page
  await breakable(seen)
  await seen.goto(link)
  await halfway(model, seen, 'HELD please')
  await seen.reload()
  await seen.getByRole('log').getByText('HELD please').waitFor()
  await seen.getByRole('log').getByText('begin-of-it').waitFor()
  await seen.getByRole('button', { name: 'Stop' }).waitFor()
  model.release()
  await whole(seen, 1)

  await halfway(model, seen, 'HELD once more')
  await cut(seen)
  await seen.getByText('The line is gone; trying again').waitFor()
  if (shots) await seen.screenshot({ path: `${shots}/line-gone.png` })
  await seen.unroute('**/*')
  model.release()
  await whole(seen, 2)
  assert.deepEqual(guest.problems, [])
  await guest.context.close()
}

/** A text that is being written when its page is loaded again, and when its line breaks. */
async function generated() {
  await blank(page, 'Text generator', 'Writer')
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  const guest = await watched(browser, base)
  const seen = guest.page
  await breakable(seen)
  await seen.goto(link)
  const text = { shown: seen.getByRole('main').getByRole('list'), idle: 'Generate' }
  for (const happens of [() => seen.reload(), () => cut(seen)]) {
    await seen.getByRole('textbox', { name: 'Text' }).fill('HELD')
    await seen.getByRole('button', { name: 'Generate' }).click()
    await held(model, text.shown)
    await happens()
    await text.shown.getByText('begin-of-it').waitFor()
    await seen.getByRole('button', { name: 'Stop' }).waitFor()
    await seen.unroute('**/*')
    model.release()
    await whole(seen, 1, text)
  }
  assert.deepEqual(guest.problems, [])
  await guest.context.close()
}

/** Breaks the streams of a page as a router would that is switched off, and lets nothing new through. */
async function cut(on) {
  await on.route('**/*', (route) => route.abort('internetdisconnected'))
  await on.evaluate(() => window.breakStreams())
}

const prompt = () => page.getByLabel('Prompt', { exact: true })

/** The server is gone while somebody types. */
async function serverDown() {
  await page.route('**/console/api/**', (route) => route.abort('connectionrefused'))
  await prompt().fill('Typed while the server was down.')
  await page.getByText('Not saved; trying again').waitFor()
  await page.getByText('The server cannot be reached. Nothing you typed is lost').first().waitFor()
  if (shots) await page.screenshot({ path: `${shots}/server-down.png` })
  await page.unroute('**/console/api/**')
  await page.getByText('Unpublished changes').waitFor()
  await page.reload()
  assert.equal(await prompt().inputValue(), 'Typed while the server was down.')
}

/** The session ends in the middle of an answer, and while something is typed. */
async function sessionEnds() {
  await halfway(model, page, 'HELD while the session ends')
  const csrf = (await context.cookies()).find(({ name }) => name.endsWith('csrf_token')).value
  assert.ok((await page.request.post('/console/api/logout-everywhere', { headers: { 'X-CSRF-Token': csrf } })).ok())
  model.release()
  // What was begun is answered to its end.
  await whole(page, 1)
  await prompt().fill('Typed after the session ended.')
  await page.waitForURL('**/signin**')
  await page.getByText('Your session ended').waitFor()
  if (shots) await page.screenshot({ path: `${shots}/session-ended.png` })
  await page.getByLabel('Email').fill(OWNER.email)
  await page.getByLabel('Password').fill(OWNER.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
  await until(async () => (await prompt().inputValue()) === 'Typed after the session ended.', 'what was typed is there')
  await page.getByText('Unpublished changes').waitFor()
  await page.reload()
  await until(async () => (await prompt().inputValue()) === 'Typed after the session ended.', 'and saved')
}

async function paste() {
  await prompt().fill('')
  await prompt().evaluate((box) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', 'many words '.repeat(200_000))
    box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  })
  await page.getByText('A prompt has at most').waitFor()
  await page.getByText('200,000 characters', { exact: true }).waitFor()
  await prompt().fill('Short again.')
  await page.getByText('Unpublished changes').waitFor()
}

/** Dropped on the studio: a picture, and a program under the name of an app. */
async function dropped() {
  await page.goto('/apps')
  await page.getByRole('link', { name: 'Desk' }).waitFor()
  for (const [name, bytes] of [['holiday.jpg', [0xff, 0xd8, 0xff, 0xe0, 0, 16]], ['app.yml', [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]]]) {
    await drop(page, name, bytes)
    await page.getByRole('dialog').getByRole('alert').getByText('This file could not be imported').waitFor()
    if (shots) await page.screenshot({ path: `${shots}/dropped.png` })
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  assert.deepEqual((await (await page.request.get('/console/api/apps')).json()).data.map(({ name }) => name), ['Desk'])
}

/** Lets a test end the streams of a page, which the browser's own offline switch leaves open. */
async function breakable(on) {
  await on.addInitScript(() => {
    const broken = []
    const ask = window.fetch
    window.fetch = async (...question) => {
      const answer = await ask(...question)
      if (!answer.headers.get('content-type')?.includes('event-stream')) return answer
      const through = new TransformStream({ start: (control) => void broken.push(control) })
      answer.body.pipeTo(through.writable).catch(() => undefined)
      return new Response(through.readable, { status: answer.status, headers: answer.headers })
    }
    window.breakStreams = () => broken.splice(0).forEach((control) => control.error(new TypeError('network error')))
  })
}

try {
  await signUp(page)
  await useProvider(page, model.url)
  await blank(page, 'Assistant', 'Desk')
  const link = await page.getByRole('link', { name: 'Open the page' }).getAttribute('href')
  await visitor(link)
  await serverDown()
  await sessionEnds()
  await paste()
  await dropped()
  await generated()
  assert.deepEqual(problems, [])
  console.log('reloads, broken lines, a server that is gone, ended sessions, pastes, dropped files: nothing is lost')
} catch (error) {
  for (const [at, shown] of browser.contexts().flatMap((context) => context.pages()).entries()) await shown.screenshot({ path: `built/failed${at || ''}.png` }).catch(() => {})
  console.error(`at ${page.url()}; the page is in console/built/failed.png`)
  throw error
} finally {
  model.end()
  await browser.close()
}
