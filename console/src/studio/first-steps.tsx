import { Link, useNavigate } from '@tanstack/react-router'
import { BookOpenText, Check, Cpu, Sparkles } from 'lucide-react'
import type { ReactNode } from 'react'
import { useAction, useGet } from '@/api/hooks'
import type { Dataset, DefaultModel, Page } from '@/api/types'
import { t } from '@/lib/i18n'
import { LocalModels, useLocal } from '@/settings/local'
import { Button, button } from '@/ui/button'
import { fromTemplate } from './templates'
import { templates } from './template-list'
import type { Start } from './create'

/** The studio without apps: what is ready, and the three ways on. */
export function FirstSteps({ onStart }: { onStart: (start: Start) => void }) {
  const navigate = useNavigate()
  const model = useGet<DefaultModel>('/workspaces/current/default-model?model_type=llm')
  const datasets = useGet<Page<Dataset>>('/datasets?page=1&limit=1')
  const local = useLocal().filter((one) => one.default)
  const lacking = local.some(({ state }) => state !== 'ready')
  const chosen = model.data?.data
  const ready = chosen && (chosen.provider.provider !== 'local' || local.every(({ model, state }) => model !== chosen.model || state === 'ready')) ? chosen : undefined
  const sample = useAction(async () => {
    const [first] = templates()
    if (first) await navigate({ to: '/apps/$appId', params: { appId: await fromTemplate(first) } })
  })
  const knows = (datasets.data?.total ?? 0) > 0
  return (
    <section className="mx-auto max-w-3xl pt-4 pb-10">
      <h2 className="text-2xl">{t('From nothing to your own assistant')}</h2>
      <p className="mt-1 mb-6 text-ink-2">{t('Three steps. Or start with the sample and change it to yours.')}</p>
      <ol className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
        <Step done={!!ready} icon={<Cpu />} title={t('A model')} action={<Link to="/settings" className={button('plain', true)}>{ready ? t('Change') : t('Add a model')}</Link>}>
          {ready ? t('{model} is ready. A larger model gives better answers.', { model: `${ready.provider.provider} / ${ready.model}` }) : lacking ? t('Download the small models that run on this server, or connect any service that speaks the OpenAI API.') : t('Connect any service that speaks the OpenAI API.')}
          {lacking && <LocalModels models={local} />}
        </Step>
        <Step done={knows} icon={<BookOpenText />} title={t('Your knowledge')} action={<Link to="/knowledge" className={button('plain', true)}>{knows ? t('Open') : t('Add documents')}</Link>}>
          {t('PDF, Word, Markdown, tables and more. They are split, indexed and searched on this server.')}
        </Step>
        <Step done={false} icon={<Sparkles />} title={t('An app')} action={<Button small look="primary" onClick={() => onStart({ tab: 'blank' })}>{t('New app')}</Button>}>
          {t('Write what it should do, try it beside the editor, publish it as a page.')}
        </Step>
      </ol>
      <div className="mt-6 flex flex-wrap items-center gap-2">
        <Button look="primary" busy={sample.busy} onClick={() => void sample.run()}><Sparkles /> {t('Try the sample assistant')}</Button>
        <Button onClick={() => onStart({ tab: 'template' })}>{t('Choose a template')}</Button>
        <Button onClick={() => onStart({ tab: 'file' })}>{t('Import an app file')}</Button>
      </div>
    </section>
  )
}

function Step({ done, icon, title, children, action }: { done: boolean; icon: ReactNode; title: string; children: ReactNode; action: ReactNode }) {
  return (
    <li className="flex items-start gap-4 p-4 max-sm:flex-wrap">
      <span className="grid size-9 shrink-0 place-items-center rounded-full bg-soft text-soft-ink [&_svg]:size-4.5">{done ? <Check aria-label={t('Done')} /> : icon}</span>
      <div className="min-w-0 flex-1">
        <p className="text-sm font-semibold">{title}</p>
        <div className="text-[13px] text-ink-2">{children}</div>
      </div>
      {action}
    </li>
  )
}
