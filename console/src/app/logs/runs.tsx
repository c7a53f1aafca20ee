import { keepPreviousData } from '@tanstack/react-query'
import { ScrollText, Search } from 'lucide-react'
import { useDeferredValue, useMemo, useState } from 'react'
import { useGet } from '@/api/hooks'
import type { App, Execution, List, LoggedRun, Page, RunDetail } from '@/api/types'
import { Pages } from '@/knowledge/documents'
import { moment, number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge, Empty, Loaded } from '@/ui/bits'
import { Dialog } from '@/ui/dialog'
import { Input, Select } from '@/ui/field'
import type { Run, Step } from '@/web/run'
import { names, RunView, seconds, TONES } from '@/web/run-view'
import { period, PeriodSelect } from '../period'

const LIMIT = 20
const STATES = ['succeeded', 'failed', 'stopped'] as const

/** What callers of a workflow ran. */
export function Runs({ app }: { app: App }) {
  const [keyword, setKeyword] = useState('')
  const [days, setDays] = useState(7)
  const [status, setStatus] = useState('')
  const [page, setPage] = useState(1)
  const [open, setOpen] = useState<LoggedRun>()
  const searched = useDeferredValue(keyword.trim())
  const filter = useMemo(() => {
    const { start, end } = period(days)
    const iso = (minute: string) => `${minute.replace(' ', 'T')}:00Z`
    return new URLSearchParams({ created_at__after: iso(start), created_at__before: iso(end), ...(status && { status }), ...(searched && { keyword: searched }) })
  }, [days, status, searched])
  const query = useGet<Page<LoggedRun>>(`/apps/${app.id}/workflow-app-logs?${filter}&page=${page}&limit=${LIMIT}`, { placeholderData: keepPreviousData })
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
        <Select aria-label={t('Status')} className="w-36 max-sm:w-0 max-sm:flex-1" value={status} onChange={(event) => from(() => setStatus(event.target.value))}>
          <option value="">{t('All')}</option>
          {STATES.map((state) => <option key={state} value={state}>{names()[state]}</option>)}
        </Select>
        <PeriodSelect className="max-sm:w-0 max-sm:flex-1" days={days} onChange={(value) => from(() => setDays(value))} />
      </div>
      <Loaded query={query}>
        {({ data, total, has_more }) => data.length === 0 ? (
          <Empty icon={<ScrollText />} title={t('Nothing in this period')}>{t('Runs of the page, the API, webhooks and schedules appear here. Trials do not.')}</Empty>
        ) : (
          <>
            <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
              {data.map((item) => <li key={item.id}><Row item={item} onOpen={() => setOpen(item)} /></li>)}
            </ul>
            <Pages page={page} more={has_more} total={total} limit={LIMIT} onPage={setPage} />
          </>
        )}
      </Loaded>
      {open && <Detail app={app} run={open} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

const from = ({ workflow_run: { triggered_from }, created_from }: LoggedRun) =>
  ({ webhook: 'Webhook', schedule: t('Schedule') })[triggered_from] ?? (created_from === 'service-api' ? 'API' : t('Page'))

function Row({ item, onOpen }: { item: LoggedRun; onOpen: () => void }) {
  const { status, elapsed_time, total_tokens } = item.workflow_run
  return (
    <button type="button" onClick={onOpen} className="grid w-full grid-cols-[1fr_auto] items-center gap-x-4 gap-y-0.5 px-4 py-2.5 text-left text-sm hover:bg-sunken/60 sm:grid-cols-[1fr_8rem_6rem_7rem_8rem]">
      <span className="min-w-0"><span className="block font-medium">{moment(item.created_at)}</span><span className="block truncate text-xs text-ink-3">{item.created_by_end_user.session_id}</span></span>
      <span className="max-sm:order-2"><Badge tone={TONES[status]}>{names()[status]}</Badge></span>
      <span className="text-xs text-ink-3 max-sm:hidden">{seconds(elapsed_time)}</span>
      <span className="text-xs text-ink-3 max-sm:hidden">{t('{count} tokens', { count: number(total_tokens) })}</span>
      <span className="text-right text-xs text-ink-3 max-sm:hidden">{from(item)}</span>
    </button>
  )
}

const stepOf = ({ id, node_id, title, node_type, status, elapsed_time, error }: Execution): Step => ({
  id: id || node_id,
  title: title || node_id,
  type: node_type,
  state: status === 'running' || status === 'succeeded' || status === 'failed' || status === 'exception' || status === 'stopped' ? status : 'running',
  seconds: elapsed_time,
  ...(error && { error }),
})

/** One run with its nodes, what it was given and what came of it. */
function Detail({ app, run, onClose }: { app: App; run: LoggedRun; onClose: () => void }) {
  const path = `/apps/${app.id}/workflow-runs/${run.workflow_run.id}`
  const query = useGet<RunDetail>(path)
  const steps = useGet<List<Execution>>(`${path}/node-executions`)
  return (
    <Dialog open onClose={onClose} as="side" title={moment(run.created_at)} about={run.created_by_end_user.session_id}>
      <Loaded query={query}>
        {(went) => {
          const shown: Run = {
            id: went.id, state: went.status, steps: (steps.data?.data ?? []).map(stepOf), text: '', asks: [],
            seconds: went.elapsed_time, tokens: went.total_tokens,
            ...(went.error && { error: went.error }),
            ...(Object.keys(went.outputs).length > 0 && { outputs: went.outputs }),
          }
          return (
            <div className="space-y-4">
              <details className="text-[13px] text-ink-2">
                <summary className="font-medium">{t('What it was given')}</summary>
                <pre tabIndex={0} className="mt-1.5 max-h-72 overflow-auto rounded-lg bg-sunken p-3 font-mono text-xs">{JSON.stringify(JSON.parse(went.inputs), undefined, 2)}</pre>
              </details>
              <RunView run={shown} />
            </div>
          )
        }}
      </Loaded>
    </Dialog>
  )
}
