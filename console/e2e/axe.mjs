// What axe finds on a page: as it is shown, in dark colours, and in those on a phone.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const PHONE = { width: 390, height: 844 }

/** Serious things on what the page shows now. */
async function found(on, options) {
  // What fades in has no contrast yet.
  await on.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== 'running' || animation.effect?.getTiming().iterations === Infinity))
  // From outside the page's policy, as a browser's extension would.
  const { violations } = await on.evaluate(`axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...options })})`)
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  return serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

/** Asserts that nothing serious is found on what the page shows now. */
export const looker = (page) => async (name, on = page) => {
  await on.evaluate(`window.axe ?? (() => { ${axe} })()`)
  const seen = async (how, options) => assert.deepEqual(await found(on, options), [], `axe on ${name}${how}`)
  await seen('')
  const theme = await on.evaluate(() => document.documentElement.dataset.theme)
  await on.evaluate(() => (document.documentElement.dataset.theme = 'dark'))
  // The elements are the same; their colours are not.
  await seen(', dark', { runOnly: ['color-contrast'] })
  const size = on.viewportSize()
  await on.setViewportSize(PHONE)
  await seen(', on a phone', {})
  await on.setViewportSize(size)
  await on.evaluate((before) => (before ? (document.documentElement.dataset.theme = before) : delete document.documentElement.dataset.theme), theme)
}
