import { KeyRound, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { post, remove } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { ApiKey } from '@/api/types'
import { CopyButton } from '@/chat/code'
import { ago, date } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Card, Loaded } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

/** Keys of an app or of the workspace. A whole key is shown once, when it is made. */
export function KeyList({ path, title, about }: { path: string; title: string; about: string }) {
  const query = useGet<{ data: ApiKey[] }>(path)
  const [made, setMade] = useState<ApiKey>()
  const [asked, setAsked] = useState<ApiKey>()
  const make = useAction(async () => {
    setMade(await post<ApiKey>(path))
    await refresh(path)
  })
  const drop = useAction(async (key: ApiKey) => {
    await remove(`${path}/${key.id}`)
    await refresh(path)
    setAsked(undefined)
  })
  return (
    <Card className="p-5">
      <div className="flex items-start justify-between gap-3">
        <div><h2 className="text-xl">{title}</h2><p className="mt-0.5 text-sm text-ink-2">{about}</p></div>
        <Button busy={make.busy} onClick={() => void make.run()}><Plus /> {t('New key')}</Button>
      </div>
      <Loaded query={query}>
        {({ data }) => (
          <ul className="mt-3 divide-y divide-line">
            {data.map((key) => (
              <li key={key.id} className="flex items-center gap-3 py-2 text-sm">
                <KeyRound className="size-4 shrink-0 text-ink-3" aria-hidden />
                <code className="min-w-0 flex-1 truncate font-mono text-xs">{key.token}</code>
                <span className="text-xs text-ink-3 max-sm:hidden">{t('made {when}', { when: date(key.created_at) })} · {key.last_used_at ? t('used {when}', { when: ago(key.last_used_at) }) : t('never used')}</span>
                <IconButton label={t('Delete')} onClick={() => setAsked(key)}><Trash2 /></IconButton>
              </li>
            ))}
            {data.length === 0 && <li className="py-2 text-sm text-ink-3">{t('No keys so far')}</li>}
          </ul>
        )}
      </Loaded>
      {made && (
        <Dialog open onClose={() => setMade(undefined)} title={t('The new key')} about={t('Copy it now: it is not shown again.')}>
          <p className="flex items-center gap-2 rounded-lg bg-sunken py-2 pr-2 pl-3"><code className="min-w-0 flex-1 font-mono text-xs break-all">{made.token}</code><CopyButton text={() => made.token} /></p>
          <div className="mt-4 flex justify-end"><Button look="primary" onClick={() => setMade(undefined)}>{t('Done')}</Button></div>
        </Dialog>
      )}
      {asked && (
        <Dialog open onClose={() => setAsked(undefined)} title={t('Delete this key?')} about={t('Whatever uses it is refused from now on. This cannot be undone.')}>
          <div className="flex justify-end gap-2"><Button onClick={() => setAsked(undefined)}>{t('Cancel')}</Button><Button look="danger" busy={drop.busy} onClick={() => void drop.run(asked)}>{t('Delete')}</Button></div>
        </Dialog>
      )}
    </Card>
  )
}
