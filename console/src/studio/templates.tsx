import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, post } from '@/api/client'
import { refresh, useAction } from '@/api/hooks'
import { language, t } from '@/lib/i18n'
import { AppIcon } from '@/ui/icon'
import { makeApp } from './config'
import { templates, type Template } from './template-list'

/** A knowledge base of this name, or of one like it. */
async function make(name: string): Promise<{ id: string }> {
  const body = { name, indexing_technique: 'high_quality', permission: 'all_team_members' }
  try {
    return await post('/datasets', body)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error
    return post('/datasets', { ...body, name: `${name} ${new Date().toISOString().slice(5, 19).replace('T', ' ')}` })
  }
}

/** Makes the app, and its sample knowledge first if it has some. */
export async function fromTemplate(template: Template): Promise<string> {
  const extra = { ...template.config }
  if (template.sample) {
    const dataset = await make(template.sample.title)
    await post(`/datasets/${dataset.id}/document/create-by-text`, {
      name: template.sample.name,
      text: template.sample.text,
      indexing_technique: 'high_quality',
      // A section each: a small model answers best from little.
      process_rule: { mode: 'custom', rules: { pre_processing_rules: [], segmentation: { separator: '\n\n', max_tokens: 60, chunk_overlap: 0 } } },
    })
    extra.dataset_configs = {
      retrieval_model: 'multiple', top_k: 2, score_threshold_enabled: false, reranking_enable: false,
      datasets: { datasets: [{ dataset: { id: dataset.id, enabled: true } }] },
    }
  }
  const look = { name: template.name, description: template.about, icon: template.icon, icon_background: template.colour }
  const appId = await makeApp(look, template.mode, extra)
  await refresh('/apps', '/datasets')
  return appId
}

export function Templates({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [chosen, setChosen] = useState<string>()
  const { run, busy } = useAction(async (template: Template) => {
    const appId = await fromTemplate(template)
    onClose()
    await navigate({ to: '/apps/$appId', params: { appId } })
  })
  return (
    <div className="grid gap-3 sm:grid-cols-2" lang={language()}>
      {templates().map((template) => (
        <button
          key={template.name}
          type="button"
          disabled={busy}
          aria-busy={busy && chosen === template.name}
          onClick={() => { setChosen(template.name); void run(template) }}
          className="flex items-start gap-3 rounded-xl border border-line-strong p-3.5 text-left hover:bg-sunken disabled:opacity-60"
        >
          <AppIcon icon={template.icon} background={template.colour} />
          <span>
            <span className="block text-sm font-semibold">{busy && chosen === template.name ? t('Making it…') : template.name}</span>
            <span className="mt-0.5 block text-[13px] text-ink-2">{template.about}</span>
          </span>
        </button>
      ))}
    </div>
  )
}
