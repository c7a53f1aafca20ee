import { ChartNoAxesColumn } from 'lucide-react'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useGet } from '@/api/hooks'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Card, Skeleton } from '@/ui/bits'
import { isTalk, useApp } from './layout'
import { period, PeriodSelect } from './period'

const Chart = lazy(() => import('./chart'))

interface Wanted { chart: string; field: string; title: string; about: string; sum: 'sum' | 'mean'; unit?: string; chat?: boolean }

const charts = (): Wanted[] => [
  { chart: 'daily-messages', field: 'message_count', title: t('Messages'), about: t('Questions a day'), sum: 'sum' },
  { chart: 'daily-conversations', field: 'conversation_count', title: t('Conversations'), about: t('Begun a day'), sum: 'sum', chat: true },
  { chart: 'daily-end-users', field: 'terminal_count', title: t('People'), about: t('Who asked, a day'), sum: 'mean' },
  { chart: 'token-costs', field: 'token_count', title: t('Tokens'), about: t('In and out'), sum: 'sum' },
  { chart: 'average-response-time', field: 'latency', title: t('Time of an answer'), about: t('On average'), sum: 'mean', unit: 'ms' },
  { chart: 'time-to-first-token', field: 'ttft', title: t('To the first word'), about: t('On average'), sum: 'mean', unit: 'ms' },
  { chart: 'tokens-per-second', field: 'tps', title: t('Speed'), about: t('Tokens a second'), sum: 'mean' },
  { chart: 'average-session-interactions', field: 'interactions', title: t('Depth'), about: t('Questions in a conversation'), sum: 'mean', chat: true },
  { chart: 'user-satisfaction-rate', field: 'rate', title: t('Liked'), about: t('Likes in a thousand answers'), sum: 'mean' },
  { chart: 'errors', field: 'error_count', title: t('Errors'), about: t('Answers that failed'), sum: 'sum' },
]

export function Monitor() {
  const { data: app } = useApp()
  const [days, setDays] = useState(7)
  const range = useMemo(() => new URLSearchParams(period(days)).toString(), [days])
  if (!app) return null
  const chat = isTalk(app)
  return (
    <div className="mx-auto w-full max-w-6xl px-4 py-6 sm:px-6">
      <div className="mb-4 flex items-center justify-between"><h2 className="text-xl">{t('Monitor')}</h2><PeriodSelect days={days} onChange={setDays} /></div>
      <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        {charts().filter((wanted) => chat || !wanted.chat).map((wanted) => <Panel key={wanted.chart} path={`/apps/${app.id}/statistics/${wanted.chart}?${range}`} wanted={wanted} days={days} />)}
      </div>
    </div>
  )
}

type Row = { date: string } & Record<string, string | number>

/** Every day of the period, with 0 where nothing was. */
function filled(rows: Row[], field: string, days: number): { at: number; value: number }[] {
  const known = new Map(rows.map((row) => [row.date, Number(row[field]) || 0]))
  const today = Math.floor(Date.now() / 86_400_000)
  return Array.from({ length: days + 1 }, (_, index) => {
    const day = today - days + index
    return { at: day * 86_400, value: known.get(new Date(day * 86_400_000).toISOString().slice(0, 10)) ?? 0 }
  })
}

function Panel({ path, wanted, days }: { path: string; wanted: Wanted; days: number }) {
  const query = useGet<{ data: Row[] }>(path)
  const rows = query.data?.data ?? []
  const values = rows.map((row) => Number(row[wanted.field]) || 0)
  const sum = values.reduce((total, value) => total + value, 0)
  const shown = wanted.sum === 'sum' ? sum : values.length ? sum / values.length : 0
  const points = useMemo(() => filled(query.data?.data ?? [], wanted.field, days), [query.data, wanted.field, days])
  return (
    <Card className="p-4">
      <h3 className="text-sm font-semibold">{wanted.title}</h3>
      <p className="text-xs text-ink-3">{wanted.about}</p>
      <p className="mt-2 font-serif text-3xl">{rows.length ? number(shown, shown < 100 ? 1 : 0) : '–'} {rows.length > 0 && wanted.unit && <span className="font-sans text-sm text-ink-3">{wanted.unit}</span>}</p>
      <div className="mt-2 h-32">
        {query.isPending ? <Skeleton className="h-full" /> : rows.length ? (
          <Suspense fallback={<Skeleton className="h-full" />}><Chart points={points} label={wanted.title} /></Suspense>
        ) : (
          <p className="flex h-full flex-col items-center justify-center gap-1.5 rounded-lg bg-sunken text-xs text-ink-3"><ChartNoAxesColumn className="size-4" aria-hidden /> {query.error ? t('Could not be read') : t('Nothing in this period')}</p>
        )}
      </div>
    </Card>
  )
}
