import { keepPreviousData } from '@tanstack/react-query'
import { Download, ReceiptText } from 'lucide-react'
import { useDeferredValue, useMemo, useState, type ReactNode } from 'react'
import { send } from '@/api/client'
import { useAction, useGet } from '@/api/hooks'
import type { AppRow, LoggedRequest, Page, RequestPage, RequestTotal } from '@/api/types'
import { period, PeriodSelect } from '@/app/period'
import { download, moment, money, number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge, Card, Empty, Loaded } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Input, Select } from '@/ui/field'

const PATH = '/workspaces/current/requests'
const LIMIT = 25

const purposes = (): Record<LoggedRequest['purpose'], string> => ({
  answer: t('Answer'), agent_round: t('Agent'), node: t('Node'), title: t('Title'), summary: t('Summary'), suggestions: t('Suggestions'), router: t('Choice of knowledge'),
  query: t('Search'), indexing: t('Indexing'), moderation: t('Moderation'), speech: t('Speech'), gateway: t('Gateway'), other: t('Other'),
})
const states = (): Record<LoggedRequest['status'], string> => ({ ok: t('Answered'), stopped: t('Stopped'), error: t('Failed') })

/** What models were asked, with tokens, cost and time. */
export function RequestsPage() {
  const [days, setDays] = useState(7)
  const [chosen, setChosen] = useState({ app_id: '', purpose: '', status: '' })
  const [model, setModel] = useState('')
  const [cursors, setCursors] = useState<string[]>([])
  const wanted = useDeferredValue(model.trim())
  const { data: apps } = useGet<Page<AppRow>>('/apps?page=1&limit=100')
  const filter = useMemo(() => {
    const given = Object.entries({ ...period(days), ...chosen, model: wanted }).filter(([, value]) => value)
    return new URLSearchParams(given).toString()
  }, [days, chosen, wanted])
  const cursor = cursors.at(-1)
  const query = useGet<RequestPage>(`${PATH}?${filter}&limit=${LIMIT}${cursor ? `&cursor=${cursor}` : ''}`, { placeholderData: keepPreviousData })
  const sums = useGet<RequestPage>(`${PATH}?${filter}&limit=1&totals=true`, { placeholderData: keepPreviousData })
  const save = useAction(async () => {
    const answer = await send('GET', `${PATH}/export?${filter}`)
    download('requests.csv', await answer.text(), 'text/csv')
  })
  const from = (change: () => void) => {
    change()
    setCursors([])
  }
  const select = (name: keyof typeof chosen, label: string, options: Record<string, string>) => (
    <Select aria-label={label} className="w-36" value={chosen[name]} onChange={(event) => from(() => setChosen({ ...chosen, [name]: event.target.value }))}>
      <option value="">{label}</option>
      {Object.entries(options).map(([value, text]) => <option key={value} value={value}>{text}</option>)}
    </Select>
  )
  return (
    <>
      <div className="flex flex-wrap items-center gap-2.5">
        <Input type="search" aria-label={t('Model')} placeholder={t('Model')} className="w-40" value={model} onChange={(event) => from(() => setModel(event.target.value))} />
        {select('app_id', t('App'), Object.fromEntries((apps?.data ?? []).map(({ id, name }) => [id, name])))}
        {select('purpose', t('Purpose'), purposes())}
        {select('status', t('Status'), states())}
        <PeriodSelect days={days} onChange={(value) => from(() => setDays(value))} />
        <Button className="ml-auto" busy={save.busy} onClick={() => void save.run()}><Download /> CSV</Button>
      </div>
      <Loaded query={query}>
        {({ data, next_cursor }) => data.length === 0 && cursors.length === 0 && !next_cursor ? (
          <Empty icon={<ReceiptText />} title={t('Nothing in this period')}>{t('Every call of a model leaves a row: for answers, searches, titles, indexes and clients of the gateway.')}</Empty>
        ) : (
          <>
            {cursors.length === 0 && <Totals totals={sums.data?.totals ?? []} whole={sums.data?.totals_complete !== false} />}
            <Table heads={[t('When'), t('Purpose'), t('Model'), t('Tokens'), t('Cost'), t('Seconds'), t('Status')]} label={t('Requests')}>
              {data.map((row) => <Row key={row.id} row={row} />)}
            </Table>
            {(cursors.length > 0 || next_cursor) && (
              <nav aria-label={t('Pages')} className="flex items-center justify-center gap-3">
                <Button small disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>{t('Back')}</Button>
                <Button small disabled={!next_cursor} onClick={() => next_cursor && setCursors([...cursors, next_cursor])}>{t('On')}</Button>
              </nav>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

function Table({ heads, label, children }: { heads: string[]; label: string; children: ReactNode }) {
  return (
    <Card className="overflow-hidden">
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
        <table className="w-full text-left text-[13px]">
          <thead className="bg-sunken"><tr>{heads.map((head) => <th key={head} scope="col" className="px-3 py-1.5 font-medium whitespace-nowrap">{head}</th>)}</tr></thead>
          <tbody className="divide-y divide-line">{children}</tbody>
        </table>
      </div>
    </Card>
  )
}

const cell = 'px-3 py-1.5 align-top whitespace-nowrap'

const Model = ({ row }: { row: LoggedRequest | RequestTotal }) => (
  <td className={cell}><span className="block max-w-44 truncate font-medium" title={row.model}>{row.model}</span><span className="block text-xs text-ink-3">{row.provider}</span></td>
)

function Row({ row }: { row: LoggedRequest }) {
  const tones = { ok: 'good', stopped: 'plain', error: 'bad' } as const
  return (
    <tr>
      <td className={cell}>{moment(row.created_at)}</td>
      <td className={cell}>{purposes()[row.purpose]}{row.app_name && <span className="block max-w-36 truncate text-xs text-ink-3">{row.app_name}</span>}</td>
      <Model row={row} />
      <td className={cell}>{number(row.prompt_tokens)} → {number(row.completion_tokens)}{row.estimated && <span className="block text-xs text-ink-3" title={t('The provider did not say: the tokens are counted here.')}>{t('estimated')}</span>}</td>
      <td className={cell}>{row.priced ? money(row.total_price, row.currency) : <span className="text-ink-3" title={t('No price is known. It can be entered with the models of the provider.')}>–</span>}</td>
      <td className={cell}>{number(row.latency, 2)}{row.time_to_first_token != null && <span className="block text-xs text-ink-3">{t('first word after {time}', { time: number(row.time_to_first_token, 2) })}</span>}</td>
      <td className={cell}><Badge tone={tones[row.status]}>{states()[row.status]}</Badge>{row.error && <span className="block max-w-52 truncate text-xs text-danger" title={row.error}>{row.error}</span>}</td>
    </tr>
  )
}

/** What they add up to, by model. */
function Totals({ totals, whole }: { totals: RequestTotal[]; whole: boolean }) {
  if (totals.length === 0) return null
  return (
    <>
      <Table heads={[t('Model'), t('Requests'), t('Errors'), t('Tokens'), t('Cost'), t('Seconds')]} label={t('Sums')}>
        {totals.map((row) => (
          <tr key={`${row.provider}/${row.model}/${row.kind}/${row.currency}`}>
            <Model row={row} />
            <td className={cell}>{number(row.requests)}</td>
            <td className={cell}>{number(row.errors)}</td>
            <td className={cell}>{number(row.prompt_tokens)} → {number(row.completion_tokens)}</td>
            <td className={cell}>{Number(row.total_price) > 0 ? money(row.total_price, row.currency) : '–'}</td>
            <td className={cell}>{number(row.latency, 2)}</td>
          </tr>
        ))}
      </Table>
      {!whole && <p className="text-xs text-ink-3">{t('There are more requests than are added up: choose a shorter period.')}</p>}
    </>
  )
}
