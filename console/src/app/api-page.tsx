import { post } from '@/api/client'
import { client, useAction, useGet } from '@/api/hooks'
import type { App, InputField } from '@/api/types'
import { CopyButton } from '@/chat/code'
import { t } from '@/lib/i18n'
import { KeyList } from '@/settings/key-list'
import { Card, Switch } from '@/ui/bits'
import { entries } from './build/fields'
import { useApp } from './layout'
import { inputsOf, samplesOf, type Asked, type Sample } from './samples'
import { Snippet } from './snippet'

/** How programs reach the app: keys, and calls that can be copied. */
export function ApiPage() {
  const { data: app } = useApp()
  const turn = useAction(async (id: string, enable_api: boolean) => {
    await post(`/apps/${id}/api-enable`, { enable_api })
    client.setQueryData<App>([`/apps/${id}`], (old) => old && { ...old, enable_api })
  })
  // What a workflow asks for stands in its start node.
  const flows = app?.mode === 'workflow' || app?.mode === 'advanced-chat'
  const flow = useGet<Flow>(flows ? `/apps/${app.id}/workflows/publish` : undefined)
  if (!app) return null
  const asked = flows ? (flow.data ? startOf(flow.data) : []) : entries(app.model_config ?? {})
  const base = `${location.origin}/v1`
  return (
    <div className="mx-auto w-full max-w-4xl space-y-5 px-4 py-6 sm:px-6">
      <Card className="p-5">
        <div className="flex items-center justify-between gap-3"><h2 className="text-xl">{t('API')}</h2><Switch label={t('API')} on={app.enable_api} onChange={(on) => void turn.run(app.id, on)} /></div>
        <p className="mt-0.5 mb-4 text-sm text-ink-2">{t('Compatible with the Service API of Dify: existing clients work with this address and a key.')}</p>
        <p className="flex items-center gap-2 rounded-lg bg-sunken py-1 pr-1 pl-3"><code className="min-w-0 flex-1 truncate font-mono text-xs">{base}</code><CopyButton text={() => base} /></p>
      </Card>
      <KeyList path={`/apps/${app.id}/api-keys`} title={t('Keys')} about={t('Keep them on your server: whoever has one can ask in your name.')} />
      {calls(app, base, asked).map(({ title, about, samples }) => (
        <Card key={title} className="p-5">
          <h2 className="text-xl">{title}</h2>
          <p className="mt-0.5 mb-3 text-sm text-ink-2">{about}</p>
          <Snippet samples={samples} />
        </Card>
      ))}
    </div>
  )
}

interface Call { title: string; about: string; samples: Sample[] }

/** A version of a workflow, as far as its start node goes. */
interface Flow { graph: { nodes: { data: { type: string; variables?: ({ type: string } & InputField)[] } }[] } }

const startOf = (flow: Flow): Asked[] => flow.graph.nodes.filter(({ data }) => data.type === 'start').flatMap(({ data }) => (data.variables ?? []).map((field) => ({ kind: field.type, field })))

function calls(app: App, base: string, asked: Asked[]): Call[] {
  const inputs = inputsOf(asked)
  const ask =
    app.mode === 'workflow'
      ? { path: '/workflows/run', body: { inputs, response_mode: 'streaming', user: 'user-123' } }
      : app.mode === 'completion'
        ? { path: '/completion-messages', body: { inputs, response_mode: 'streaming', user: 'user-123' } }
        : { path: '/chat-messages', body: { query: app.model_config?.suggested_questions?.[0] || 'Hello!', inputs, response_mode: 'streaming', conversation_id: '', user: 'user-123' } }
  const rest: Call[] =
    app.mode === 'workflow' || app.mode === 'completion'
      ? []
      : [{ title: t('List conversations'), about: 'GET /conversations', samples: samplesOf('GET', `${base}/conversations?user=user-123`) }]
  return [
    { title: t('Ask'), about: `POST ${ask.path}`, samples: samplesOf('POST', base + ask.path, ask.body) },
    ...rest,
    { title: t('What the app expects'), about: 'GET /parameters', samples: samplesOf('GET', `${base}/parameters`) },
  ]
}
