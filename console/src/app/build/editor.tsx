import { useState } from 'react'
import type { App, Draft } from '@/api/types'
import { cx } from '@/lib/cx'
import { t } from '@/lib/i18n'
import { AgentPart } from './agent'
import { useDraft } from './draft'
import { Extras } from './extras'
import { KnowledgePart } from './knowledge'
import { ModelPart } from './model'
import { Preview } from './preview'
import { PromptPart } from './prompt'
import { PublishBar } from './publish'
import { VariablesPart } from './variables'

/** The editor of a prompt app: what it does at the left, what it answers at the right. */
export function Editor({ app, draft }: { app: App; draft: Draft }) {
  const edit = useDraft(app, draft)
  const [side, setSide] = useState<'edit' | 'try'>('edit')
  const part = { app, config: edit.config, set: edit.set }
  return (
    <div className="mx-auto flex w-full max-w-7xl min-h-0 flex-1 flex-col pb-10">
      <PublishBar app={app} edit={edit} />
      <div role="tablist" className="mb-3 grid grid-cols-2 rounded-lg bg-sunken p-1 lg:hidden">
        {(['edit', 'try'] as const).map((id) => (
          <button key={id} type="button" role="tab" aria-selected={side === id} onClick={() => setSide(id)} className="rounded-md py-1.5 text-sm font-medium text-ink-2 aria-selected:bg-surface aria-selected:text-ink aria-selected:shadow-card">
            {id === 'edit' ? t('Edit') : t('Try it')}
          </button>
        ))}
      </div>
      <div className="grid min-h-0 flex-1 items-start gap-5 lg:grid-cols-[minmax(0,1.05fr)_minmax(0,1fr)]">
        <div className={cx('space-y-4', side === 'try' && 'max-lg:hidden')}>
          <PromptPart {...part} />
          <VariablesPart {...part} />
          {app.mode === 'agent-chat' && <AgentPart {...part} />}
          <KnowledgePart {...part} />
          <ModelPart {...part} />
          <Extras {...part} />
        </div>
        <div className={cx('lg:sticky lg:top-18', side === 'edit' && 'max-lg:hidden')}>
          <Preview app={app} config={edit.config} onModel={(model) => model && edit.set({ model })} />
        </div>
      </div>
    </div>
  )
}
