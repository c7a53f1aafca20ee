// What is typed is kept on the server a moment later. A failure leaves it here, says so, and tries again; what could not
// be saved when the page was left, as after a session's end, is here again when it is opened in this tab.
import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError, post } from '@/api/client'
import type { App, Draft, ModelConfig } from '@/api/types'
import { t } from '@/lib/i18n'
import { keptHere } from '@/lib/kept'
import { complain, say } from '@/lib/toast'

export type Saving = 'saved' | 'saving' | 'failed' | 'conflict'

const PAUSE = 900
const AGAIN = 5_000

/** What was typed and not saved, and what it changes. */
interface Unsaved { config: ModelConfig; hash: string | null }

export function useDraft(app: App, draft: Draft) {
  const shelf = `edgewise-draft-${app.id}`
  const [unsaved] = useState(() => JSON.parse(keptHere.get(shelf) ?? 'null') as Unsaved | null)
  const [config, setConfig] = useState<ModelConfig>(unsaved?.config ?? draft.model_config ?? {})
  const [changed, setChanged] = useState(!!unsaved || draft.is_draft)
  const [saving, setSaving] = useState<Saving>(unsaved ? 'saving' : 'saved')
  const hash = useRef<string | null>(unsaved ? unsaved.hash : draft.hash)
  const latest = useRef(config)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const pending = useRef(!!unsaved)
  /** On its way, and perhaps never there. */
  const sending = useRef(false)
  const left = useRef(false)
  const running = useRef<Promise<void>>(undefined)

  const shelve = useCallback(() => {
    if (pending.current || sending.current) keptHere.set(shelf, JSON.stringify({ config: latest.current, hash: hash.current }))
    else keptHere.drop(shelf)
  }, [shelf])
  const saveNow = useCallback(async () => {
    if (!pending.current) return
    pending.current = false
    sending.current = true
    setSaving('saving')
    try {
      const answer = await post<{ hash: string }>(`/apps/${app.id}/model-config/draft`, { model_config: latest.current, hash: hash.current })
      hash.current = answer.hash
      sending.current = false
      shelve()
      setSaving(pending.current ? 'saving' : 'saved')
    } catch (error) {
      const conflict = error instanceof ApiError && error.status === 409
      setSaving(conflict ? 'conflict' : 'failed')
      pending.current = true
      sending.current = false
      shelve()
      if (conflict) say(t('Another tab saved this draft meanwhile. Reload to see it, or publish to keep yours.'), { kind: 'bad' }, 9_000)
      else complain(error)
      if (!conflict && !left.current) timer.current = setTimeout(() => void saver.current(), AGAIN)
    }
  }, [app.id, shelve])
  /** One at a time: on a slow line the next one would not know yet what this one is saved as, and look like another tab's. */
  const alone = useCallback(async (act: () => Promise<void>) => {
    clearTimeout(timer.current)
    while (running.current) await running.current.catch(() => undefined)
    const mine = act().finally(() => {
      if (running.current === mine) running.current = undefined
    })
    running.current = mine
    await mine
  }, [])
  const save = useCallback(() => alone(saveNow), [alone, saveNow])
  const saver = useRef(save)
  useEffect(() => {
    saver.current = save
  })

  const set = useCallback(
    (change: Partial<ModelConfig>) => {
      latest.current = { ...latest.current, ...change }
      setConfig(latest.current)
      setChanged(true)
      pending.current = true
      setSaving((now) => (now === 'conflict' ? now : 'saving'))
      clearTimeout(timer.current)
      timer.current = setTimeout(() => void save(), PAUSE)
    },
    [save],
  )

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (pending.current) event.preventDefault()
    }
    addEventListener('beforeunload', warn)
    addEventListener('pagehide', shelve)
    left.current = false
    if (pending.current) void save()
    return () => {
      left.current = true
      removeEventListener('beforeunload', warn)
      removeEventListener('pagehide', shelve)
      clearTimeout(timer.current)
      shelve()
      if (pending.current) void save()
    }
  }, [save, shelve])

  const settled = (kept: string | null) => {
    clearTimeout(timer.current)
    pending.current = false
    hash.current = kept
    shelve()
    setChanged(false)
    setSaving('saved')
  }
  /** Publishes what is here, while nothing is saved; what is typed meanwhile becomes the next draft. */
  const publish = (act: (config: ModelConfig) => Promise<string | null>) =>
    alone(async () => {
      const sent = latest.current
      const unsaved = pending.current
      let done = false
      try {
        settled(await act(sent))
        done = true
      } finally {
        if (latest.current !== sent || (unsaved && !done)) set({})
      }
    })
  const replace = (value: ModelConfig, kept: string | null) => {
    settled(kept)
    latest.current = value
    setConfig(value)
  }
  return { config, set, saving, changed, publish, replace }
}

export type Edit = ReturnType<typeof useDraft>
