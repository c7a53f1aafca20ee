// `make.mjs DOCUMENT TARGET`: console/src/api/schema.d.ts from the OpenAPI document, what the console and the web apps ask for.
import { readFileSync, writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'

const [source, target] = process.argv.slice(2)
const document = JSON.parse(readFileSync(source, 'utf8'))
const named = new Set()

/** Collects the schemas that a part of the document speaks of. */
function reach(part) {
  if (!part || typeof part !== 'object') return
  const name = typeof part.$ref === 'string' && part.$ref.split('/').at(-1)
  if (name && !named.has(name)) {
    named.add(name)
    reach(document.components.schemas[name])
  }
  Object.values(part).forEach(reach)
}

for (const [path, methods] of Object.entries(document.paths)) {
  if (/^\/(console\/)?api\//.test(path)) reach(methods)
}
const schemas = Object.fromEntries([...named].sort().map((name) => [name, document.components.schemas[name]]))
const { openapi, info } = document
const tree = await openapiTS({ openapi, info, paths: {}, components: { schemas } }, {
  silent: true,
  // An object of which nothing is said may hold anything, not nothing.
  emptyObjectsUnknown: true,
  // A default says what the server takes where nothing is sent.
  defaultNonNullable: false,
})
const says = '// Made by `cargo xtask types` from the OpenAPI document; edit functions/api/src/openapi instead.\n'
writeFileSync(target, says + astToString(tree))
