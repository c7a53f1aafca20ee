import { keepPreviousData } from '@tanstack/react-query'
import { Download, Search, ScrollText, ThumbsDown, ThumbsUp } from 'lucide-react'
import { useDeferredValue, useMemo, useState } from 'react'
import { send } from '@/api/client'
import { useAction, useGet } from '@/api/hooks'
import type { App, Conversation, Page } from '@/api/types'
import { Pages } from '@/knowledge/documents'
import { download, moment } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge, Empty, Loaded } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Input, Select } from '@/ui/field'
import { useApp } from '../layout'
import { period, PeriodSelect } from '../period'
import { Runs } from './runs'
import { Thread } from './thread'

const LIMIT = 20

export function Logs() {
  const { data: app } = useApp()
  if (!app) return null
  return app.mode === 'workflow' ? <Runs app={app} /> : <Conversations app={app} />
}

/** What was asked and answered, with feedback. */
function Conversations({ app }: { app: App }) {
  const [keyword, setKeyword] = useState('')
  const [days, setDays] = useState(7)
  const [status, setStatus] = useState('all')
  const [page, setPage] = useState(1)
  const [open, setOpen] = useState<Conversation>()
  const searched = useDeferredValue(keyword.trim())
  const filter = useMemo(() => new URLSearchParams({ ...period(days), annotation_status: status, ...(searched && { keyword: searched }) }), [days, status, searched])
  const kind = app.mode === 'completion' ? 'completion-conversations' : 'chat-conversations'
  const query = useGet<Page<Conversation>>(`/apps/${app.id}/${kind}?${filter}&page=${page}&limit=${LIMIT}`, { placeholderData: keepPreviousData })
  const save = useAction(async () => {
    const answer = await send('GET', `/apps/${app.id}/logs/export?${filter}`)
    download(`${app.name}.csv`, await answer.text(), 'text/csv')
  })
  const from = (change: () => void) => {
    change()
    setPage(1)
  }
  return (
    <div className="mx-auto w-full max-w-6xl px-4 py-6 sm:px-6">
      <div className="mb-4 flex flex-wrap items-center gap-2.5">
        <div className="relative mr-auto max-sm:w-full">
          <Search className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-3" aria-hidden />
          <Input type="search" aria-label={t('Search the logs')} placeholder={t('Search the logs')} value={keyword} onChange={(event) => from(() => setKeyword(event.target.value))} className="pl-9 sm:w-64" />
        </div>
        <Select aria-label={t('Prepared answers')} className="w-44 max-sm:w-0 max-sm:flex-1" value={status} onChange={(event) => from(() => setStatus(event.target.value))}>
          <option value="all">{t('All')}</option><option value="annotated">{t('With a prepared answer')}</option><option value="not_annotated">{t('Without a prepared answer')}</option>
        </Select>
        <PeriodSelect className="max-sm:w-0 max-sm:flex-1" days={days} onChange={(value) => from(() => setDays(value))} />
        <Button busy={save.busy} onClick={() => void save.run()}><Download /> <span className="max-sm:sr-only">CSV</span></Button>
      </div>
      <Loaded query={query}>
        {({ data, total, has_more }) =>
          data.length === 0 ? (
            <Empty icon={<ScrollText />} title={t('Nothing in this period')}>{t('Conversations on the page and through the API appear here. Previews do not.')}</Empty>
          ) : (
            <>
              <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
                {data.map((item) => (
                  <li key={item.id}>
                    <button type="button" onClick={() => setOpen(item)} className="grid w-full grid-cols-[1fr_auto] items-center gap-x-4 gap-y-0.5 px-4 py-2.5 text-left text-sm hover:bg-sunken/60 sm:grid-cols-[1fr_9rem_6rem_8rem]">
                      <span className="min-w-0"><span className="block truncate font-medium">{item.summary || item.name}</span><span className="block truncate text-xs text-ink-3">{item.from_end_user_session_id ?? item.from_source}</span></span>
                      <span className="text-xs text-ink-3 max-sm:hidden">{item.from_source === 'api' ? 'API' : t('Page')} · {t('{count} messages', { count: item.message_count })}</span>
                      <span className="flex gap-1.5">{<Votes stats={item.user_feedback_stats} />}{item.annotated && <Badge>{t('prepared')}</Badge>}</span>
                      <span className="text-right text-xs text-ink-3 max-sm:col-start-1 max-sm:text-left">{moment(item.created_at)}</span>
                    </button>
                  </li>
                ))}
              </ul>
              <Pages page={page} more={has_more} total={total} limit={LIMIT} onPage={setPage} />
            </>
          )
        }
      </Loaded>
      {open && <Thread app={app} conversation={open} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

const Votes = ({ stats }: { stats: { like: number; dislike: number } }) => (
  <>
    {stats.like > 0 && <Badge tone="good"><ThumbsUp className="size-3" aria-label={t('liked')} /> {stats.like}</Badge>}
    {stats.dislike > 0 && <Badge tone="bad"><ThumbsDown className="size-3" aria-label={t('disliked')} /> {stats.dislike}</Badge>}
  </>
)
