import { Radio, Square, Webhook } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { send } from '@/api/client'
import { useGet } from '@/api/hooks'
import type { App, Execution, List, Trigger, Waiting } from '@/api/types'
import { CopyButton } from '@/chat/code'
import { t } from '@/lib/i18n'
import { explain } from '@/lib/toast'
import { Badge, Problem } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Part } from './part'

interface Node { id: string; data: { type: string; title?: string } }
interface Flow { graph?: { nodes?: Node[] } }

/** The webhooks of a graph: where they are called, and trying one with a real call. */
export function Triggers({ app }: { app: App }) {
  const draft = useGet<Flow>(`/apps/${app.id}/workflows/draft`)
  const nodes = (draft.data?.graph?.nodes ?? []).filter(({ data }) => data.type === 'trigger-webhook')
  const triggers = useGet<List<Trigger>>(nodes.length ? `/apps/${app.id}/triggers` : undefined)
  if (nodes.length === 0) return null
  return (
    <div className="mx-auto w-full max-w-2xl space-y-4 px-4 pb-12">
      {nodes.map((node) => <Hook key={node.id} app={app} node={node} trigger={triggers.data?.data.find(({ node_id }) => node_id === node.id)} />)}
    </div>
  )
}

function Hook({ app, node, trigger }: { app: App; node: Node; trigger: Trigger | undefined }) {
  const { waiting, went, problem, listen, stop } = useListening(`/apps/${app.id}/workflows/draft/nodes/${encodeURIComponent(node.id)}/trigger/run`)
  return (
    <Part icon={<Webhook />} title={node.data.title || node.id} action={trigger?.webhook_url && trigger.status === 'disabled' ? <Badge>{t('Off')}</Badge> : undefined}>
      <div className="space-y-3 text-[13px]">
        {trigger?.webhook_url ? <Address label={t('Its address')} path={trigger.webhook_url} /> : <p className="text-ink-3">{t('It gets its address when the workflow is published.')}</p>}
        {waiting ? (
          <div role="status" className="space-y-2 rounded-lg bg-soft p-3 text-soft-ink">
            <p className="flex items-center gap-2 font-medium"><Radio className="size-4 animate-pulse" aria-hidden /> {t('Listening. Call this address once:')}</p>
            <Address label={t('Address for one test call')} path={waiting} />
            <Button small onClick={stop}><Square /> {t('Stop')}</Button>
          </div>
        ) : (
          <Button small onClick={() => void listen()}><Radio /> {t('Listen for a test call')}</Button>
        )}
        {problem && <Problem>{problem}</Problem>}
        {went && <Went execution={went} />}
      </div>
    </Part>
  )
}

function Address({ label, path }: { label: string; path: string }) {
  const whole = `${location.origin}${path}`
  return (
    <div>
      <p className="mb-1 text-xs">{label}</p>
      <p className="flex items-center gap-1 rounded-lg border border-line bg-surface py-1 pr-1 pl-3 text-ink"><code className="min-w-0 flex-1 truncate font-mono text-xs">{whole}</code><CopyButton text={() => whole} /></p>
    </div>
  )
}

/** What the call brought, and what the node made of it. */
function Went({ execution: { status, error, outputs } }: { execution: Execution }) {
  return (
    <section aria-label={t('What the call brought')} className="space-y-2">
      <h3 className="flex items-center gap-2 font-semibold">{t('What the call brought')} {status === 'succeeded' ? <Badge tone="good">{t('Done')}</Badge> : <Badge tone="bad">{t('Failed')}</Badge>}</h3>
      {error && <Problem>{error}</Problem>}
      <pre tabIndex={0} className="max-h-72 overflow-auto rounded-lg bg-sunken p-3 font-mono text-xs">{JSON.stringify(outputs ?? {}, undefined, 2)}</pre>
    </section>
  )
}

/** Asks again and again until a call has come; whoever leaves the page stops listening. */
function useListening(path: string) {
  const [waiting, setWaiting] = useState<string>()
  const [went, setWent] = useState<Execution>()
  const [problem, setProblem] = useState<string>()
  const running = useRef<AbortController>(undefined)
  const stop = () => {
    running.current?.abort()
    setWaiting(undefined)
  }
  useEffect(() => () => running.current?.abort(), [])
  const listen = async () => {
    const abort = new AbortController()
    running.current = abort
    setWent(undefined)
    setProblem(undefined)
    try {
      while (!abort.signal.aborted) {
        const answer = (await (await send('POST', path, {}, abort.signal)).json()) as Waiting | Execution
        if (abort.signal.aborted) return
        if (!('webhook_debug_url' in answer)) {
          setWent(answer)
          break
        }
        setWaiting(answer.webhook_debug_url)
        await new Promise((go) => setTimeout(go, answer.retry_in))
      }
    } catch (error) {
      if (!abort.signal.aborted) setProblem(explain(error))
    }
    if (!abort.signal.aborted) setWaiting(undefined)
  }
  return { waiting, went, problem, listen, stop }
}
