import { useState, type FormEvent } from 'react'
import { put } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { LogRetention } from '@/api/types'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Card, Loaded, Problem, Switch } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Field, Input } from '@/ui/field'

const PATH = '/workspaces/current/log-retention'

/** How long logs stay. */
export function RetentionPage() {
  const query = useGet<LogRetention>(PATH)
  return (
    <Card className="p-5">
      <h2 className="text-xl">{t('Log retention')}</h2>
      <p className="mt-0.5 mb-4 max-w-xl text-sm text-ink-2">{t('Whole days of logs, requests and finished runs are dropped when their time is over, once a day. What they add up to stays in the charts.')}</p>
      <Loaded query={query}>{(retention) => <Form key={JSON.stringify(retention)} retention={retention} />}</Loaded>
    </Card>
  )
}

function Form({ retention }: { retention: LogRetention }) {
  const [limited, setLimited] = useState(retention.days !== null)
  const [days, setDays] = useState(String(retention.days ?? 90))
  const [conversations, setConversations] = useState(retention.conversations)
  const { run, busy, field, problem } = useAction(async () => {
    await put(PATH, { days: limited ? Number(days) : null, conversations: limited && conversations })
    await refresh(PATH)
    say(t('Saved'))
  }, { quiet: true })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <Choice label={t('Drop old logs')} about={limited ? '' : t('Logs are kept for ever.')} on={limited} onChange={setLimited} />
      {limited && (
        <>
          <Field label={t('Days')}>{(id) => <Input id={id} className="w-28" type="number" required min={1} max={3650} step={1} aria-invalid={field === 'days'} value={days} onChange={(event) => setDays(event.target.value)} />}</Field>
          <Choice label={t('Conversations, too')} about={t('Those that nobody wrote in for so long are deleted with their files, for the people who had them, too.')} on={conversations} onChange={setConversations} />
        </>
      )}
      {problem && <Problem>{problem}</Problem>}
      <Button type="submit" look="primary" busy={busy}>{t('Save')}</Button>
    </form>
  )
}

const Choice = ({ label, about, on, onChange }: { label: string; about: string; on: boolean; onChange: (on: boolean) => void }) => (
  <div className="flex max-w-xl items-start justify-between gap-4">
    <div><p className="text-sm font-medium">{label}</p>{about && <p className="text-[13px] text-ink-2">{about}</p>}</div>
    <Switch on={on} onChange={onChange} label={label} />
  </div>
)
