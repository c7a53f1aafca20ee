import { useMay } from '@/api/role'
import { Link } from '@tanstack/react-router'
import { Copy, Download, Ellipsis, Pencil, Tag, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { get, post, remove } from '@/api/client'
import { refresh, useAction } from '@/api/hooks'
import type { AppRow } from '@/api/types'
import { ago, download } from '@/lib/format'
import { t } from '@/lib/i18n'
import { complain, later, say } from '@/lib/toast'
import { Badge } from '@/ui/bits'
import { IconButton } from '@/ui/button'
import { AppIcon } from '@/ui/icon'
import { Divider, Item, Menu } from '@/ui/menu'
import { modeName } from './modes'
import { EditDialog } from './edit'
import { TagDialog } from './tags'

export async function exportApp(app: { id: string; name: string }) {
  const { data } = await get<{ data: string }>(`/apps/${app.id}/export?include_secret=false`)
  download(`${app.name.replace(/[^\p{L}\p{N}_-]+/gu, '-')}.yml`, data, 'application/yaml')
}

export function AppCard({ app, onHide }: { app: AppRow; onHide: (hidden: boolean) => void }) {
  const mayEdit = useMay('editor')
  const [editing, setEditing] = useState(false)
  const [tagging, setTagging] = useState(false)
  const copy = useAction(async () => {
    await post(`/apps/${app.id}/copy`, { name: t('{name} copy', { name: app.name }) })
    await refresh('/apps')
    say(t('{name} was copied', { name: app.name }))
  })
  const save = useAction(() => exportApp(app))
  const erase = () => {
    onHide(true)
    const act = () => remove(`/apps/${app.id}`).then(() => refresh('/apps')).catch((error: unknown) => { onHide(false); complain(error) })
    later(t('{name} was deleted', { name: app.name }), () => void act(), () => onHide(false))
  }
  return (
    <article className="group relative flex min-h-36 flex-col rounded-xl border border-line bg-surface p-4 transition-shadow hover:border-line-strong hover:shadow-card">
      <div className="flex items-start gap-3">
        <AppIcon icon={app.icon} background={app.icon_background} />
        <div className="min-w-0 flex-1">
          <Link to="/apps/$appId" params={{ appId: app.id }} className="block truncate pr-6 font-semibold after:absolute after:inset-0 after:rounded-xl">{app.name}</Link>
          <div className="mt-1"><Badge>{modeName(app.mode)}</Badge></div>
        </div>
      </div>
      <p className="mt-3 line-clamp-2 flex-1 text-[13px] text-ink-2">{app.description}</p>
      {app.tags.length > 0 && <p className="mt-2 flex flex-wrap gap-1.5">{app.tags.map((tag) => <Badge key={tag.id}><span className="max-w-32 truncate">{tag.name}</span></Badge>)}</p>}
      <p className="mt-2 text-xs text-ink-3">{t('Changed {when}', { when: ago(app.updated_at) })}</p>
      {mayEdit && <div className="absolute top-2.5 right-2.5">
        <Menu trigger={<IconButton label={t('More about {name}', { name: app.name })}><Ellipsis /></IconButton>}>
          <Item onSelect={() => setEditing(true)}><Pencil /> {t('Name and icon')}</Item>
          <Item onSelect={() => setTagging(true)}><Tag /> {t('Tags')}</Item>
          <Item onSelect={() => void copy.run()}><Copy /> {t('Copy')}</Item>
          <Item onSelect={() => void save.run()}><Download /> {t('Export as a file')}</Item>
          <Divider />
          <Item bad onSelect={erase}><Trash2 /> {t('Delete')}</Item>
        </Menu>
      </div>}
      {tagging && <TagDialog app={app} onClose={() => setTagging(false)} />}
      {editing && <EditDialog app={app} onClose={() => setEditing(false)} />}
    </article>
  )
}
