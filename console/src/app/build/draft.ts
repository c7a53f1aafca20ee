// What is typed is kept on the server a moment later. A failure leaves it here, says so, and tries again.
import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError, post } from '@/api/client'
import type { App, Draft, ModelConfig } from '@/api/types'
import { t } from '@/lib/i18n'
import { complain, say } from '@/lib/toast'

export type Saving = 'saved' | 'saving' | 'failed' | 'conflict'

const PAUSE = 900
const AGAIN = 5_000

export function useDraft(app: App, draft: Draft) {
  const [config, setConfig] = useState<ModelConfig>(draft.model_config ?? {})
  const [changed, setChanged] = useState(draft.is_draft)
  const [saving, setSaving] = useState<Saving>('saved')
  const hash = useRef<string | null>(draft.hash)
  const latest = useRef(config)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const pending = useRef(false)

  const running = useRef<Promise<void>>(undefined)

  const saveNow = useCallback(async () => {
    if (!pending.current) return
    pending.current = false
    setSaving('saving')
    try {
      const answer = await post<{ hash: string }>(`/apps/${app.id}/model-config/draft`, { model_config: latest.current, hash: hash.current })
      hash.current = answer.hash
      setSaving(pending.current ? 'saving' : 'saved')
    } catch (error) {
      const conflict = error instanceof ApiError && error.status === 409
      setSaving(conflict ? 'conflict' : 'failed')
      pending.current = true
      if (conflict) say(t('Another tab saved this draft meanwhile. Reload to see it, or publish to keep yours.'), { kind: 'bad' }, 9_000)
      else complain(error)
      if (!conflict) timer.current = setTimeout(() => void saver.current(), AGAIN)
    }
  }, [app.id])
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
    return () => {
      removeEventListener('beforeunload', warn)
      void save()
    }
  }, [save])

  const settled = (kept: string | null) => {
    clearTimeout(timer.current)
    pending.current = false
    hash.current = kept
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
