import { useQuery } from '@tanstack/react-query'
import { Ellipsis, Pencil, Pin, PinOff, Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { client, useAction } from '@/api/hooks'
import type { Talk } from '@/api/types'
import { t } from '@/lib/i18n'
import { complain, later } from '@/lib/toast'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Input } from '@/ui/field'
import { Divider, Item, Menu } from '@/ui/menu'
import type { WebApp } from './client'

export const talksKey = (code: string) => ['talks', code]

/** Conversations of whoever looks, pinned ones first. */
export function TalkList({ web, current, onOpen }: { web: WebApp; current: string | undefined; onOpen: (talk: Talk | undefined) => void }) {
  const [gone, setGone] = useState<string[]>([])
  const [renamed, setRenamed] = useState<Talk>()
  const query = useQuery({
    queryKey: talksKey(web.code),
    queryFn: async () => {
      const part = (pinned: boolean) => web.call<{ data: Talk[] }>('GET', `/conversations?limit=100&pinned=${pinned}`)
      const [pins, others] = await Promise.all([part(true), part(false)])
      return [...pins.data.map((talk) => ({ ...talk, pinned: true })), ...others.data.map((talk) => ({ ...talk, pinned: false }))]
    },
  })
  const again = () => client.invalidateQueries({ queryKey: talksKey(web.code) })
  const pin = useAction(async (talk: Talk) => {
    await web.call('PATCH', `/conversations/${talk.id}/${talk.pinned ? 'unpin' : 'pin'}`, {})
    await again()
  })
  const erase = (talk: Talk) => {
    setGone((ids) => [...ids, talk.id])
    if (talk.id === current) onOpen(undefined)
    const back = () => setGone((ids) => ids.filter((id) => id !== talk.id))
    later(t('{name} was deleted', { name: talk.name }), () => void web.call('DELETE', `/conversations/${talk.id}`, {}).then(again, (error: unknown) => { back(); complain(error) }), back)
  }
  return (
    <nav aria-label={t('Conversations')} className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">
      <ul className="space-y-0.5">
        {(query.data ?? []).filter(({ id }) => !gone.includes(id)).map((talk) => (
          <li key={talk.id} data-on={talk.id === current} className="group flex items-center rounded-lg text-sm hover:bg-sunken data-[on=true]:bg-soft data-[on=true]:text-soft-ink">
            <button type="button" aria-current={talk.id === current} onClick={() => onOpen(talk)} className="flex min-w-0 flex-1 items-center gap-1.5 px-2.5 py-1.5 text-left">
              {talk.pinned && <Pin className="size-3 shrink-0 text-ink-3" aria-label={t('Pinned')} />}
              <span className="truncate">{talk.name}</span>
            </button>
            <Menu trigger={<IconButton label={t('More about {name}', { name: talk.name })} className="size-7 opacity-0 group-hover:opacity-100 focus-visible:opacity-100 data-[state=open]:opacity-100 max-md:opacity-100"><Ellipsis /></IconButton>}>
              <Item onSelect={() => void pin.run(talk)}>{talk.pinned ? <><PinOff /> {t('Unpin')}</> : <><Pin /> {t('Pin')}</>}</Item>
              <Item onSelect={() => setRenamed(talk)}><Pencil /> {t('Rename')}</Item>
              <Divider />
              <Item bad onSelect={() => erase(talk)}><Trash2 /> {t('Delete')}</Item>
            </Menu>
          </li>
        ))}
      </ul>
      {query.data?.length === 0 && <p className="px-2.5 py-4 text-[13px] text-ink-3">{t('Your conversations will be listed here.')}</p>}
      {renamed && <Rename web={web} talk={renamed} onDone={() => { setRenamed(undefined); void again() }} />}
    </nav>
  )
}

function Rename({ web, talk, onDone }: { web: WebApp; talk: Talk; onDone: () => void }) {
  const [name, setName] = useState(talk.name)
  const { run, busy } = useAction(async () => {
    await web.call('POST', `/conversations/${talk.id}/name`, { name })
    onDone()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <Dialog open onClose={onDone} title={t('Rename')}>
      <form onSubmit={submit} className="flex gap-2">
        <Input aria-label={t('Name')} autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" look="primary" busy={busy}>{t('Save')}</Button>
      </form>
    </Dialog>
  )
}
