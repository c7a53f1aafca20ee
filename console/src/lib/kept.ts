// What the browser keeps. Inside a page of another site it may refuse to: then it is kept until the page closes.

const shadows: Record<'local' | 'session', Map<string, string>> = { local: new Map(), session: new Map() }

function safely(kind: 'local' | 'session') {
  const shadow = shadows[kind]
  const store = () => (kind === 'local' ? localStorage : sessionStorage)
  return {
    get(key: string): string | undefined {
      try {
        return store().getItem(key) ?? undefined
      } catch {
        return shadow.get(key)
      }
    },
    set(key: string, value: string) {
      shadow.set(key, value)
      try {
        store().setItem(key, value)
      } catch {
        // The shadow has it.
      }
    },
    drop(key: string) {
      shadow.delete(key)
      try {
        store().removeItem(key)
      } catch {
        // As above.
      }
    },
  }
}

export const kept = safely('local')
/** Of this tab only. */
export const keptHere = safely('session')
