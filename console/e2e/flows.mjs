// Graphs, and their way into a workspace.
import assert from 'node:assert/strict'

/** Calls of the console API, as the page of who is logged in makes them. */
export const member = (context) => async (method, path, data) => {
  const token = (await context.cookies()).find(({ name }) => name.endsWith('csrf_token')).value
  const answer = await context.request.fetch(`/console/api${path}`, { method, data, headers: { 'X-CSRF-Token': token } })
  assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`)
  return answer.json()
}

export const node = (id, type, data) => ({ id, data: { title: id, ...data, type } })
export const edge = (source, sourceHandle, target) => ({ id: `${source}-${target}-${sourceHandle}`, source, sourceHandle, target })

/** A node that asks the fake model. */
export const llm = (id, text) =>
  node(id, 'llm', { model: { provider: 'fake', name: 'small', mode: 'chat', completion_params: {} }, prompt_template: [{ role: 'user', text }], context: { enabled: false }, vision: { enabled: false } })

/** Nodes one after the other. */
export const chain = (...nodes) => ({ nodes, edges: nodes.slice(1).map(({ id }, at) => edge(nodes[at].id, 'source', id)) })

/** The id of a new app with this graph, published. */
export async function imported(asMember, name, mode, graph) {
  const file = { version: '0.6.0', kind: 'app', app: { name, mode }, workflow: { graph } }
  const { app_id: id } = await asMember('POST', '/apps/imports', { mode: 'yaml-content', yaml_content: JSON.stringify(file) })
  await asMember('POST', `/apps/${id}/workflows/publish`, {})
  return id
}
