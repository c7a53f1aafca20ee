import { useNavigate } from '@tanstack/react-router'
import { MessageCircle, PenLine, Wrench } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { Mode, ToolProvider } from '@/api/types'
import { t } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { ImportFile } from './import'
import { NameAndIcon } from './name-icon'
import { makeApp } from './config'
import { Templates } from './templates'

export interface Start { tab: 'blank' | 'template' | 'file'; file?: File }

export function CreateDialog({ start, onClose }: { start: Start; onClose: () => void }) {
  const [tab, setTab] = useState(start.tab)
  const tabs = [
    { id: 'blank', label: t('Blank') },
    { id: 'template', label: t('Template') },
    { id: 'file', label: t('App file') },
  ] as const
  return (
    <Dialog open onClose={onClose} title={t('New app')} wide>
      <div role="tablist" className="mb-4 flex gap-5 border-b border-line">
        {tabs.map(({ id, label }) => (
          <button key={id} type="button" role="tab" aria-selected={tab === id} onClick={() => setTab(id)} className="-mb-px border-b-2 border-transparent pb-2 text-sm font-medium text-ink-2 aria-selected:border-accent aria-selected:text-ink">{label}</button>
        ))}
      </div>
      {tab === 'blank' && <Blank onClose={onClose} />}
      {tab === 'template' && <Templates onClose={onClose} />}
      {tab === 'file' && <ImportFile file={start.file} onClose={onClose} />}
    </Dialog>
  )
}

function Blank({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [mode, setMode] = useState<Mode>('chat')
  const [form, setForm] = useState({ name: '', description: '', icon: '💬', icon_background: '#E2EFE9' })
  const { run, busy, field } = useAction(async () => {
    const appId = await makeApp(form, mode)
    await refresh('/apps')
    onClose()
    await navigate({ to: '/apps/$appId', params: { appId } })
  })
  // Not every deployment runs agents; the one that does has tools for them.
  const tools = useGet<ToolProvider[]>('/workspaces/current/tools/builtin')
  const kinds = [
    { mode: 'chat' as const, icon: MessageCircle, name: t('Assistant'), about: t('Chats, remembers the conversation, answers from your knowledge') },
    ...(tools.data ? [{ mode: 'agent-chat' as const, icon: Wrench, name: t('Agent'), about: t('Thinks, calls tools, looks things up, then answers') }] : []),
    { mode: 'completion' as const, icon: PenLine, name: t('Text generator'), about: t('A form in, a text out: summaries, translations, drafts') },
  ]
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <div role="radiogroup" aria-label={t('Kind')} className="grid gap-3 sm:auto-cols-fr sm:grid-flow-col">
        {kinds.map(({ mode: kind, icon: Icon, name, about }) => (
          <button key={kind} type="button" role="radio" aria-checked={mode === kind} onClick={() => setMode(kind)} className="flex flex-col rounded-xl border border-line-strong p-3.5 text-left hover:bg-sunken aria-checked:border-accent aria-checked:bg-soft">
            <span className="flex items-center gap-2 text-sm font-semibold"><Icon className="size-4 text-accent" aria-hidden /> {name}</span>
            <span className="mt-1 block text-[13px] text-ink-2">{about}</span>
          </button>
        ))}
      </div>
      <NameAndIcon form={form} onChange={setForm} wrong={field} />
      <div className="flex justify-end gap-2"><Button onClick={onClose}>{t('Cancel')}</Button><Button type="submit" look="primary" busy={busy}>{t('Create')}</Button></div>
    </form>
  )
}
