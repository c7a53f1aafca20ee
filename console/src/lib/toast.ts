// Short messages at the edge of the page: what happened, and the way back.
import { useSyncExternalStore } from 'react'
import { ApiError, OFFLINE } from '@/api/client'
import { t } from './i18n'

export interface Toast {
  id: number
  text: string
  kind: 'good' | 'bad'
  action?: { label: string; run: () => void }
}

let toasts: Toast[] = []
let next = 1
const listeners = new Set<() => void>()

function set(value: Toast[]) {
  toasts = value
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const useToasts = () => useSyncExternalStore(subscribe, () => toasts)

export const dismiss = (id: number) => set(toasts.filter((toast) => toast.id !== id))

export function say(text: string, extra: Partial<Pick<Toast, 'kind' | 'action'>> = {}, time = 4_000) {
  const id = next++
  set([...toasts.slice(-2), { id, text, kind: 'good', ...extra }])
  setTimeout(() => dismiss(id), time)
  return id
}

/** An error, said calmly. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error)
  if (error.code === OFFLINE) return t('The server cannot be reached. Nothing you typed is lost; try again in a moment.')
  if (error.status === 403) return t('Your role does not allow this. Ask an owner or admin of the workspace.')
  return error.field && !error.message.includes(error.field) ? `${error.field}: ${error.message}` : error.message
}

export function complain(error: unknown) {
  if (error instanceof DOMException && error.name === 'AbortError') return
  if (error instanceof ApiError && error.status === 401 && error.code !== 'authentication_failed') return
  say(explain(error), { kind: 'bad' }, 9_000)
}

/** Does it after a while unless it is taken back; `undone` puts things as they were. Leaving the page does it at once. */
export function later(text: string, act: () => void, undone: () => void) {
  let open = true
  const finish = () => {
    if (!open) return
    open = false
    clearTimeout(timer)
    removeEventListener('pagehide', finish)
    act()
  }
  const timer = setTimeout(finish, 6_000)
  addEventListener('pagehide', finish)
  const undo = () => {
    open = false
    clearTimeout(timer)
    removeEventListener('pagehide', finish)
    undone()
    dismiss(id)
  }
  const id = say(text, { action: { label: t('Undo'), run: undo } }, 6_000)
}
