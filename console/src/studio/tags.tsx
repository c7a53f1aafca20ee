import { Check, Plus, Tag as TagIcon, Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { post, remove } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { AppRow, Tag } from '@/api/types'
import { t } from '@/lib/i18n'
import { Loaded } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Input } from '@/ui/field'

export const useTags = () => useGet<Tag[]>('/tags?type=app')

const again = () => refresh('/tags', '/apps')

/** Tags of the workspace as switches: only apps that have all of them are shown. */
export function TagFilter({ chosen, onChange }: { chosen: string[]; onChange: (ids: string[]) => void }) {
  const { data = [] } = useTags()
  const used = data.filter(({ id, binding_count }) => binding_count !== '0' || chosen.includes(id))
  if (used.length === 0) return null
  return (
    <div role="group" aria-label={t('Tags')} className="flex flex-wrap gap-1.5">
      {used.map(({ id, name }) => {
        const on = chosen.includes(id)
        return (
          <button key={id} type="button" aria-pressed={on} onClick={() => onChange(on ? chosen.filter((other) => other !== id) : [...chosen, id])} className="inline-flex h-7 max-w-48 items-center gap-1.5 rounded-full border border-line px-2.5 text-xs text-ink-2 hover:border-line-strong hover:text-ink aria-pressed:border-accent aria-pressed:bg-soft aria-pressed:text-soft-ink [&_svg]:size-3 [&_svg]:shrink-0">
            <TagIcon aria-hidden /> <span className="truncate">{name}</span>
          </button>
        )
      })}
    </div>
  )
}

/** Which tags an app has; new ones are made on the way. */
export function TagDialog({ app, onClose }: { app: AppRow; onClose: () => void }) {
  const query = useTags()
  const [name, setName] = useState('')
  const [had, setHad] = useState(() => app.tags.map(({ id }) => id))
  const bind = async (id: string) => post('/tag-bindings/create', { tag_ids: [id], target_id: app.id, type: 'app' })
  const turn = useAction(async (tag: Tag) => {
    const on = had.includes(tag.id)
    await (on ? post('/tag-bindings/remove', { tag_id: tag.id, target_id: app.id, type: 'app' }) : bind(tag.id))
    setHad(on ? had.filter((id) => id !== tag.id) : [...had, tag.id])
    await again()
  })
  const make = useAction(async () => {
    const made = await post<Tag>('/tags', { name: name.trim(), type: 'app' })
    await bind(made.id)
    setHad([...had, made.id])
    setName('')
    await again()
  })
  const drop = useAction(async (tag: Tag) => {
    await remove(`/tags/${tag.id}`)
    await again()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim()) void make.run()
  }
  return (
    <Dialog open onClose={onClose} title={t('Tags')} about={app.name}>
      <form onSubmit={submit} className="mb-3 flex gap-2">
        <Input aria-label={t('New tag')} placeholder={t('New tag')} maxLength={50} autoFocus value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" busy={make.busy} disabled={!name.trim()}><Plus /> {t('Add')}</Button>
      </form>
      <Loaded query={query}>
        {(tags) => (
          <ul className="-mx-2">
            {tags.map((tag) => (
              <li key={tag.id} className="flex items-center rounded-lg hover:bg-sunken">
                <button type="button" role="checkbox" aria-checked={had.includes(tag.id)} disabled={turn.busy} onClick={() => void turn.run(tag)} className="flex min-w-0 flex-1 items-center gap-2.5 px-2 py-1.5 text-left text-sm">
                  <span aria-hidden className="grid size-4.5 shrink-0 place-items-center rounded border border-line-strong data-[on=true]:border-accent data-[on=true]:bg-accent data-[on=true]:text-on-accent [&_svg]:size-3.5" data-on={had.includes(tag.id)}>{had.includes(tag.id) && <Check />}</span>
                  <span className="min-w-0 truncate">{tag.name}</span>
                  <span className="text-xs text-ink-3">{tag.binding_count}</span>
                </button>
                <IconButton label={t('Delete the tag {name}', { name: tag.name })} onClick={() => void drop.run(tag)}><Trash2 /></IconButton>
              </li>
            ))}
            {tags.length === 0 && <li className="px-2 py-3 text-sm text-ink-3">{t('No tags so far. They group apps by team, by customer, by purpose.')}</li>}
          </ul>
        )}
      </Loaded>
    </Dialog>
  )
}
