// Calls of the API as they are copied and run: with nothing but what the languages bring along.
import type { InputField } from '@/api/types'

export interface Sample { name: string; text: string }

/** A variable of a form or of a start node. */
export interface Asked { kind: string; field: InputField }

/** Something that each of them takes. Files are uploaded before, and what is not required may be missing. */
export function inputsOf(asked: Asked[]): Record<string, unknown> {
  const values = asked.flatMap(({ kind, field }): [string, unknown][] => {
    if (field.hide) return []
    if (kind === 'number') return [[field.variable, Number(field.default) || 1]]
    if (kind === 'checkbox') return [[field.variable, true]]
    if (kind === 'select') return [[field.variable, field.default || (field.options?.[0] ?? '')]]
    if (kind === 'text-input' || kind === 'paragraph') return [[field.variable, field.default || '…']]
    return []
  })
  return Object.fromEntries(values)
}

const NAMES: Record<string, string> = { true: 'True', false: 'False', null: 'None' }

/** JSON as Python says it: the same but for three words, which may stand in a text, too. */
const pythonOf = (json: string) => json.replaceAll(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (part) => NAMES[part] ?? part)

export function samplesOf(method: string, url: string, body?: object): Sample[] {
  const json = body && JSON.stringify(body, null, 2)
  return [
    { name: 'curl', text: curl(url, json) },
    { name: 'Python', text: python(method, url, json) },
    { name: 'JavaScript', text: script(method, url, json) },
  ]
}

function curl(url: string, json?: string): string {
  const sent = json ? ` \\\n  -H 'Content-Type: application/json' \\\n  -d '${json.replaceAll("'", "'\\''")}'` : ''
  return `curl${json ? ' -N' : ''} '${url}' \\\n  -H "Authorization: Bearer $API_KEY"${sent}`
}

function python(method: string, url: string, json?: string): string {
  const lines = ['import json, os, urllib.request', '', 'request = urllib.request.Request(', `    "${url}",`, `    method="${method}",`]
  lines.push(`    headers={"Authorization": "Bearer " + os.environ["API_KEY"]${json ? ', "Content-Type": "application/json"' : ''}},`)
  if (json) lines.push(`    data=json.dumps(${pythonOf(json).replaceAll('\n', '\n    ')}).encode(),`)
  lines.push(')', 'with urllib.request.urlopen(request) as answer:')
  if (json) lines.push('    for line in answer:', '        if line.startswith(b"data: "):', '            print(line[6:].decode().strip())')
  else lines.push('    print(json.load(answer))')
  return lines.join('\n')
}

function script(method: string, url: string, json?: string): string {
  const lines = [`const answer = await fetch('${url}', {`, `  method: '${method}',`, '  headers: {', '    Authorization: `Bearer ${process.env.API_KEY}`,']
  if (json) lines.push("    'Content-Type': 'application/json',")
  lines.push('  },')
  if (json) lines.push(`  body: JSON.stringify(${json.replaceAll('\n', '\n  ')}),`)
  lines.push('})')
  if (json) lines.push('for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {', '  process.stdout.write(chunk)', '}')
  else lines.push('console.log(await answer.json())')
  return lines.join('\n')
}
