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

  const save = useCallback(async () => {
    clearTimeout(timer.current)
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
      if (!conflict) timer.current = setTimeout(() => void save(), AGAIN)
    }
  }, [app.id])

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

  /** What is here is what is published now. */
  const published = (kept: string | null) => {
    clearTimeout(timer.current)
    pending.current = false
    hash.current = kept
    setChanged(false)
    setSaving('saved')
  }
  const replace = (value: ModelConfig, kept: string | null) => {
    published(kept)
    latest.current = value
    setConfig(value)
  }
  return { config, set, saving, changed, published, replace }
}

export type Edit = ReturnType<typeof useDraft>
