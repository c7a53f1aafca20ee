// What differs between two configurations, by the path of each value.

export interface Difference { key: string; before?: string; after?: string }

function flat(value: unknown, path: string, into: Map<string, string>) {
  if (Array.isArray(value) || (value && typeof value === 'object')) {
    for (const [key, inner] of Object.entries(value)) flat(inner, path ? `${path}.${key}` : key, into)
  } else if (value !== undefined && value !== null && value !== '') {
    into.set(path, String(value))
  }
}

export function differences(before: unknown, after: unknown): Difference[] {
  const [old, fresh] = [new Map<string, string>(), new Map<string, string>()]
  flat(before, '', old)
  flat(after, '', fresh)
  const keys = [...new Set([...old.keys(), ...fresh.keys()])]
  return keys
    .filter((key) => old.get(key) !== fresh.get(key))
    .map((key) => {
      const [was, is] = [old.get(key), fresh.get(key)]
      return { key, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) }
    })
}
