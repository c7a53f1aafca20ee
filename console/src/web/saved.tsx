import { useQuery } from '@tanstack/react-query'
import { Bookmark, Trash2 } from 'lucide-react'
import { client, useAction } from '@/api/hooks'
import type { SavedMessage } from '@/api/types'
import { CopyButton } from '@/chat/code'
import { Markdown } from '@/chat/markdown'
import { moment } from '@/lib/format'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Card, Empty, Loaded } from '@/ui/bits'
import { IconButton } from '@/ui/button'
import type { WebApp } from './client'

const key = (code: string) => ['saved', code]

/** Keeps an answer for whoever made it. */
export function SaveButton({ web, id }: { web: WebApp; id: string }) {
  const save = useAction(async () => {
    await web.call('POST', '/saved-messages', { message_id: id })
    await client.invalidateQueries({ queryKey: key(web.code) })
    say(t('Kept under “Saved”'))
  })
  return <IconButton label={t('Keep this text')} disabled={save.busy} onClick={() => void save.run()}><Bookmark /></IconButton>
}

export function Saved({ web }: { web: WebApp }) {
  const query = useQuery({ queryKey: key(web.code), queryFn: () => web.call<{ data: SavedMessage[] }>('GET', '/saved-messages?limit=100') })
  const drop = useAction(async (text: SavedMessage) => {
    await web.call('DELETE', `/saved-messages/${text.id}`, {})
    await client.invalidateQueries({ queryKey: key(web.code) })
  })
  return (
    <Loaded query={query}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty icon={<Bookmark />} title={t('Nothing is kept so far')}>{t('The bookmark below a text keeps it here, for this browser.')}</Empty>
        ) : (
          <ul className="grid gap-4 md:grid-cols-2">
            {data.map((text) => (
              <li key={text.id}>
                <Card className="flex h-full flex-col p-4">
                  <div className="max-h-72 flex-1 overflow-y-auto text-sm" tabIndex={0}><Markdown text={text.answer} /></div>
                  <div className="mt-2 -mb-1.5 flex items-center text-xs text-ink-3"><span className="mr-auto">{moment(text.created_at)}</span><CopyButton text={() => text.answer} /><IconButton label={t('Delete')} onClick={() => void drop.run(text)}><Trash2 /></IconButton></div>
                </Card>
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}
