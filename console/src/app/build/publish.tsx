import { Check, ChevronDown, CloudAlert, History, LoaderCircle, RotateCcw, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { get, post, remove } from '@/api/client'
import { refresh, useAction } from '@/api/hooks'
import type { App, Draft } from '@/api/types'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Badge } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Item, Menu } from '@/ui/menu'
import { pageOf } from '../layout'
import type { Edit } from './draft'
import { Versions } from './versions'

export function PublishBar({ app, edit }: { app: App; edit: Edit }) {
  const [history, setHistory] = useState(false)
  const path = `/apps/${app.id}/model-config`
  const reload = async () => {
    const draft = await get<Draft>(`${path}/draft`)
    edit.replace(draft.model_config, draft.hash)
  }
  const publish = useAction(async () => {
    await edit.publish(async (config) => {
      await post(path, config)
      await remove(`${path}/draft`).catch(() => undefined)
      return (await get<Draft>(`${path}/draft`)).hash
    })
    await refresh(`/apps?`, `${path}/versions`)
    const page = pageOf(app)
    say(t('Published'), page ? { action: { label: t('Open the page'), run: () => void window.open(page, '_blank', 'noopener') } } : {}, 8_000)
  })
  const discard = useAction(async () => {
    await remove(`${path}/draft`)
    await reload()
    say(t('Back to what is published'))
  })
  const again = useAction(reload)
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <SavingSign edit={edit} />
      {edit.saving === 'conflict' && <Button small onClick={() => void again.run()}><RotateCcw /> {t('Reload the draft')}</Button>}
      <div className="ml-auto flex gap-2">
        <Menu trigger={<Button small look="quiet">{t('Versions')} <ChevronDown /></Button>}>
          <Item onSelect={() => setHistory(true)}><History /> {t('All versions')}</Item>
          {edit.changed && <Item onSelect={() => void discard.run()}><Undo2 /> {t('Discard the changes')}</Item>}
        </Menu>
        <Button small look="primary" busy={publish.busy} onClick={() => void publish.run()}>{t('Publish')}</Button>
      </div>
      {history && <Versions app={app} now={edit.config} onClose={() => setHistory(false)} onRestored={reload} />}
    </div>
  )
}

function SavingSign({ edit }: { edit: Edit }) {
  if (edit.saving === 'failed') return <Badge tone="bad"><CloudAlert className="size-3.5" aria-hidden /> {t('Not saved; trying again')}</Badge>
  if (edit.saving === 'conflict') return <Badge tone="warn">{t('Another tab changed this draft')}</Badge>
  if (edit.saving === 'saving') return <Badge><LoaderCircle className="size-3 animate-spin" aria-hidden /> {t('Saving')}</Badge>
  return edit.changed ? <Badge tone="warn">{t('Unpublished changes')}</Badge> : <Badge tone="good"><Check className="size-3.5" aria-hidden /> {t('As published')}</Badge>
}
