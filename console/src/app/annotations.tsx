import { keepPreviousData } from '@tanstack/react-query'
import { MessageSquareReply, Plus, Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { get, post, remove } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { Annotation, DefaultModel, Job, Page } from '@/api/types'
import { Pages } from '@/knowledge/documents'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { ModelSelect, type Choice } from '@/settings/model-select'
import { Card, Empty, Loaded, Switch } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Range, Textarea } from '@/ui/field'
import { useApp } from './layout'

const LIMIT = 20

interface Setting { enabled: boolean; score_threshold?: number; embedding_model?: { embedding_provider_name: string; embedding_model_name: string } }

/** Answers that people wrote, given instead of the model's. */
export function Annotations() {
  const { data: app } = useApp()
  const [page, setPage] = useState(1)
  const [open, setOpen] = useState<Annotation | 'new'>()
  const path = `/apps/${app?.id}/annotations`
  const query = useGet<Page<Annotation>>(`${path}?page=${page}&limit=${LIMIT}`, { placeholderData: keepPreviousData })
  const drop = useAction(async (item: Annotation) => {
    await remove(`${path}/${item.id}`)
    await refresh(path)
  })
  if (!app) return null
  return (
    <div className="mx-auto grid w-full max-w-5xl items-start gap-5 px-4 py-6 sm:px-6 lg:grid-cols-[1fr_19rem]">
      <div className="min-w-0 lg:order-first">
        <div className="mb-4 flex items-center justify-between"><h2 className="text-xl">{t('Prepared answers')}</h2><Button onClick={() => setOpen('new')}><Plus /> {t('Add')}</Button></div>
        <Loaded query={query}>
          {({ data, total, has_more }) =>
            total === 0 ? (
              <Empty icon={<MessageSquareReply />} title={t('None so far')} action={<Button look="primary" onClick={() => setOpen('new')}>{t('Write the first')}</Button>}>{t('For questions that must be answered word for word. You can also take them from the logs.')}</Empty>
            ) : (
              <>
                <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
                  {data.map((item) => (
                    <li key={item.id} className="flex items-start gap-2 px-4 py-3 text-sm">
                      <button type="button" onClick={() => setOpen(item)} className="min-w-0 flex-1 text-left">
                        <span className="block font-medium">{item.question}</span>
                        <span className="mt-0.5 line-clamp-2 text-ink-2">{item.answer}</span>
                        <span className="mt-0.5 block text-xs text-ink-3">{t('given {count} times', { count: item.hit_count })}</span>
                      </button>
                      <IconButton label={t('Delete')} onClick={() => void drop.run(item)}><Trash2 /></IconButton>
                    </li>
                  ))}
                </ul>
                <Pages page={page} more={has_more} total={total} limit={LIMIT} onPage={setPage} />
              </>
            )
          }
        </Loaded>
      </div>
      <Reply appId={app.id} />
      {open && <Edit path={path} item={open === 'new' ? undefined : open} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

function Reply({ appId }: { appId: string }) {
  const query = useGet<Setting>(`/apps/${appId}/annotation-setting`)
  return <Card className="p-4 max-lg:order-first"><Loaded query={query}>{(setting) => <ReplyForm key={JSON.stringify(setting)} appId={appId} setting={setting} />}</Loaded></Card>
}

function ReplyForm({ appId, setting }: { appId: string; setting: Setting }) {
  const [threshold, setThreshold] = useState(setting.score_threshold ?? 0.9)
  const kept = setting.embedding_model
  const [chosen, setModel] = useState<Choice | undefined>(kept && { provider: kept.embedding_provider_name, model: kept.embedding_model_name })
  const { data: standard } = useGet<DefaultModel>('/workspaces/current/default-model?model_type=text-embedding')
  const first = standard?.data
  const model = chosen ?? (first ? { provider: first.provider.provider, model: first.model } : undefined)
  const turn = useAction(async (enabled: boolean) => {
    const path = `/apps/${appId}/annotation-reply/${enabled ? 'enable' : 'disable'}`
    const used = model ?? { provider: '', model: '' }
    const { job_id } = await post<Job>(path, { score_threshold: threshold, embedding_provider_name: used.provider, embedding_model_name: used.model })
    await settled(`${path}/status/${job_id}`)
    await refresh(`/apps/${appId}/annotation-setting`)
    say(enabled ? t('Prepared answers are given from now on') : t('Prepared answers are off'))
  })
  return (
    <div className="space-y-4">
      <div className="flex items-center justify-between gap-3 text-sm font-semibold">{t('Give prepared answers')}<Switch label={t('Give prepared answers')} on={setting.enabled} disabled={turn.busy || (!setting.enabled && !model)} onChange={(on) => void turn.run(on)} /></div>
      <Field label={t('Embedding model')}>{(id) => <ModelSelect id={id} kind="text-embedding" value={model} onChange={setModel} />}</Field>
      <Range label={t('How alike')} hint={t('1: only the very same question')} value={threshold} min={0.5} max={1} step={0.01} onChange={setThreshold} />
      {setting.enabled && <Button small busy={turn.busy} onClick={() => void turn.run(true)}>{t('Save')}</Button>}
    </div>
  )
}

/** Waits until the server has done it. */
async function settled(path: string) {
  for (let tries = 0; tries < 60; tries++) {
    const { job_status, error_msg } = await get<Job>(path)
    if (job_status === 'completed') return
    if (job_status === 'error') throw new Error(error_msg || job_status)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function Edit({ path, item, onClose }: { path: string; item: Annotation | undefined; onClose: () => void }) {
  const [question, setQuestion] = useState(item?.question ?? '')
  const [answer, setAnswer] = useState(item?.answer ?? '')
  const { run, busy } = useAction(async () => {
    await post(item ? `${path}/${item.id}` : path, { question, answer })
    await refresh(path)
    onClose()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <Dialog open onClose={onClose} title={t('Prepared answer')}>
      <form onSubmit={submit} className="space-y-4">
        <Field label={t('Question')}>{(id) => <Textarea id={id} required autoFocus rows={2} value={question} onChange={(event) => setQuestion(event.target.value)} />}</Field>
        <Field label={t('Answer')}>{(id) => <Textarea id={id} required rows={6} value={answer} onChange={(event) => setAnswer(event.target.value)} />}</Field>
        <div className="flex justify-end gap-2"><Button onClick={onClose}>{t('Cancel')}</Button><Button type="submit" look="primary" busy={busy}>{t('Save')}</Button></div>
      </form>
    </Dialog>
  )
}
