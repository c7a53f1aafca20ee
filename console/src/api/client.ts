// One way to the server: cookies and the token against forged requests, one silent renewal of a session, and errors
// that say what to do.

export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly field?: string,
  ) {
    super(message)
  }
}

/** What is said when no answer came at all. */
export const OFFLINE = 'offline'

export function cookie(name: string): string {
  const found = document.cookie.split('; ').find((pair) => pair.replace(/^__Host-/, '').startsWith(`${name}=`))
  return found ? found.slice(found.indexOf('=') + 1) : ''
}

export type Body = Record<string, unknown> | FormData | undefined

let renewing: Promise<boolean> | undefined

function renew(): Promise<boolean> {
  renewing ??= fetch('/console/api/refresh-token', { method: 'POST', headers: { 'X-CSRF-Token': cookie('csrf_token') } })
    .then((answer) => answer.ok)
    .catch(() => false)
    .finally(() => setTimeout(() => (renewing = undefined), 1000))
  return renewing
}

export async function failure(answer: Response): Promise<ApiError> {
  const body = (await answer.json().catch(() => ({}))) as { code?: string; message?: string; params?: string; error?: string }
  const message = body.message ?? body.error ?? answer.statusText
  return new ApiError(body.code ?? 'unknown', message || `HTTP ${answer.status}`, answer.status, body.params)
}

async function once(method: string, path: string, body: Body, signal: AbortSignal | undefined, more: Record<string, string>): Promise<Response> {
  const headers: Record<string, string> = { ...more }
  if (method !== 'GET') headers['X-CSRF-Token'] = cookie('csrf_token')
  const form = body instanceof FormData
  if (body && !form) headers['Content-Type'] = 'application/json'
  try {
    const payload = form ? body : body && JSON.stringify(body)
    // What is deleted when a page closes is deleted although it closes.
    return await fetch(path, { method, headers, body: payload, signal: signal ?? null, keepalive: method === 'DELETE' })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(OFFLINE, OFFLINE, 0)
  }
}

/** Called when nobody is logged in any more. */
export const session = { lost: () => {} }

/** A call of the console API; the path without its prefix. */
export async function send(method: string, path: string, body?: Body, signal?: AbortSignal, more: Record<string, string> = {}): Promise<Response> {
  const url = `/console/api${path}`
  let answer = await once(method, url, body, signal, more)
  const entry = path === '/login' || path === '/setup' || path.startsWith('/activate')
  if (answer.status === 401 && !entry) {
    const error = await failure(answer)
    if (error.code === 'authentication_failed') throw error
    if (await renew()) answer = await once(method, url, body, signal, more)
    if (answer.status === 401) {
      session.lost()
      throw error
    }
  }
  if (!answer.ok) throw await failure(answer)
  return answer
}

export async function call<T>(method: string, path: string, body?: Body): Promise<T> {
  const answer = await send(method, path, body)
  if (answer.status === 204) return undefined as T
  return (await answer.json()) as T
}

export const get = <T>(path: string) => call<T>('GET', path)
export const post = <T = unknown>(path: string, body: Body = {}) => call<T>('POST', path, body)
export const put = <T = unknown>(path: string, body: Body) => call<T>('PUT', path, body)
export const patch = <T = unknown>(path: string, body: Body) => call<T>('PATCH', path, body)
export const remove = (path: string) => call<void>('DELETE', path)

/** Sends a file and tells how much has left; `XMLHttpRequest`, because `fetch` does not tell. */
export const upload = <T>(path: string, form: FormData, progress: (share: number) => void) => uploadRaw<T>(path, form, progress)

/** The same with a file as the whole body. */
export function uploadRaw<T>(path: string, form: FormData | Blob, progress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `/console/api${path}`)
    request.setRequestHeader('X-CSRF-Token', cookie('csrf_token'))
    request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0)
    request.onerror = () => reject(new ApiError(OFFLINE, OFFLINE, 0))
    request.onload = () => {
      let body: { code?: string; message?: string } = {}
      try {
        body = JSON.parse(request.responseText)
      } catch {
        // The status says enough.
      }
      if (request.status < 300) resolve(body as T)
      else reject(new ApiError(body.code ?? 'unknown', body.message ?? request.statusText, request.status))
    }
    if (!(form instanceof FormData)) request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.send(form)
  })
}
