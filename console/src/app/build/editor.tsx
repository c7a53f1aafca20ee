import { lazy, Suspense, useDeferredValue, useState, useSyncExternalStore } from 'react'
import type { App, Draft } from '@/api/types'
import { cx } from '@/lib/cx'
import { t } from '@/lib/i18n'
import { AgentPart } from './agent'
import { useDraft } from './draft'
import { Extras } from './extras'
import { KnowledgePart } from './knowledge'
import { ModelPart } from './model'
import { PromptPart } from './prompt'
import { PublishBar } from './publish'
import { VariablesPart } from './variables'

const Preview = lazy(async () => ({ default: (await import('./preview')).Preview }))

const beside = matchMedia('(min-width: 64rem)')

/** Whether there is room for two columns, as the classes below have it. */
const useRoom = () =>
  useSyncExternalStore((changed) => {
    beside.addEventListener('change', changed)
    return () => beside.removeEventListener('change', changed)
  }, () => beside.matches)

/** The editor of a prompt app: what it does at the left, what it answers at the right. */
export function Editor({ app, draft }: { app: App; draft: Draft }) {
  const edit = useDraft(app, draft)
  const [side, setSide] = useState<'edit' | 'try'>('edit')
  // On a phone nobody waits for what is behind the other tab; once opened, it stays.
  const room = useRoom()
  const [tried, setTried] = useState(false)
  // Below the first screen of a phone: made in the pauses of what is seen first.
  const rest = useDeferredValue(true, false)
  const part = { app, config: edit.config, set: edit.set }
  return (
    <div className="mx-auto flex w-full max-w-7xl min-h-0 flex-1 flex-col pb-10">
      <PublishBar app={app} edit={edit} />
      <div role="tablist" className="mb-3 grid grid-cols-2 rounded-lg bg-sunken p-1 lg:hidden">
        {(['edit', 'try'] as const).map((id) => (
          <button key={id} type="button" role="tab" aria-selected={side === id} onClick={() => { setSide(id); setTried(tried || id === 'try') }} className="rounded-md py-1.5 text-sm font-medium text-ink-2 aria-selected:bg-surface aria-selected:text-ink aria-selected:shadow-card">
            {id === 'edit' ? t('Edit') : t('Try it')}
          </button>
        ))}
      </div>
      <div className="grid min-h-0 flex-1 items-start gap-5 lg:grid-cols-[minmax(0,1.05fr)_minmax(0,1fr)]">
        <div className={cx('space-y-4', side === 'try' && 'max-lg:hidden')}>
          <PromptPart {...part} />
          <VariablesPart {...part} />
          {app.mode === 'agent-chat' && <AgentPart {...part} />}
          {rest && <><KnowledgePart {...part} /><ModelPart {...part} /><Extras {...part} /></>}
        </div>
        <div className={cx('lg:sticky lg:top-18', side === 'edit' && 'max-lg:hidden')}>
          {(room || tried) && <Suspense><Preview app={app} config={edit.config} onModel={(model) => model && edit.set({ model })} /></Suspense>}
        </div>
      </div>
    </div>
  )
}
