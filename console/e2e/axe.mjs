// What axe finds on a page.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Asserts that nothing serious is found on what the page shows now. */
export const looker = (page) => async (name, on = page) => {
  // What fades in has no contrast yet.
  await on.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== 'running' || animation.effect?.getTiming().iterations === Infinity))
  // From outside the page's policy, as a browser's extension would.
  const { violations } = await on.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`)
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const words = serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  assert.deepEqual(words, [], `axe on ${name}`)
}
