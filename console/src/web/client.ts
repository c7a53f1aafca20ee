// The web app's way to the server: a passport per app and browser, got anew when it no longer holds.
import { ApiError, failure, OFFLINE } from '@/api/client'
import type { InputEntry, Feature } from '@/api/types'
import type { FileRule } from '@/chat/files'
import { kept } from '@/lib/kept'

export interface Parameters {
  opening_statement: string | null
  suggested_questions: string[]
  suggested_questions_after_answer: Feature
  user_input_form: InputEntry[]
  file_upload?: FileRule
  speech_to_text?: Feature
  text_to_speech?: Feature
}

export class WebApp {
  private passport: string | undefined
  private readonly key: string
  readonly user: string | undefined

  constructor(readonly code: string) {
    this.key = `edgewise-passport-${code}`
    this.user = new URLSearchParams(location.search).get('user_id') ?? undefined
    this.passport = kept.get(this.key)
  }

  private async renew(): Promise<string> {
    const headers: Record<string, string> = { 'X-App-Code': this.code, ...(this.passport && { 'X-App-Passport': this.passport }) }
    const query = this.user ? `?user_id=${encodeURIComponent(this.user)}` : ''
    let answer = await this.fetch(`/api/passport${query}`, { headers })
    if (answer.status === 401 && this.passport) answer = await this.fetch(`/api/passport${query}`, { headers: { 'X-App-Code': this.code } })
    if (!answer.ok) throw await failure(answer)
    const { access_token } = (await answer.json()) as { access_token: string }
    this.passport = access_token
    kept.set(this.key, access_token)
    return access_token
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(path, { ...init, credentials: 'omit' })
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error
      throw new ApiError(OFFLINE, OFFLINE, 0)
    }
  }

  /** The stream of a run again, from its first event, also while it waits for people. */
  replay(run: string, signal: AbortSignal): Promise<Response> {
    return this.send('GET', `/workflow/${run}/events?include_state_snapshot=true&continue_on_pause=true`, undefined, signal)
  }

  /** The stream of an answer again, after so many characters of it. */
  rejoin(message: string, after: number, signal: AbortSignal): Promise<Response> {
    return this.send('GET', `/messages/${message}/events`, undefined, signal, { 'Last-Event-ID': String(after) })
  }

  async send(method: string, path: string, body?: Record<string, unknown> | FormData, signal?: AbortSignal, more: Record<string, string> = {}): Promise<Response> {
    const once = (passport: string) =>
      this.fetch(`/api${path}`, {
        method,
        headers: { ...more, 'X-App-Code': this.code, 'X-App-Passport': passport, ...(body && !(body instanceof FormData) && { 'Content-Type': 'application/json' }) },
        body: body instanceof FormData ? body : body ? JSON.stringify(body) : null,
        signal: signal ?? null,
        keepalive: method === 'DELETE',
      })
    let answer = await once(this.passport ?? (await this.renew()))
    if (answer.status === 401) answer = await once(await this.renew())
    if (!answer.ok) throw await failure(answer)
    return answer
  }

  /** A file as a form, under the name that every such route expects. */
  async give<T>(path: string, file: Blob, name: string): Promise<T> {
    const form = new FormData()
    form.append('file', file, name)
    return (await (await this.send('POST', path, form)).json()) as T
  }

  async call<T>(method: string, path: string, body?: Record<string, unknown>): Promise<T> {
    const answer = await this.send(method, path, body)
    return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T)
  }
}
