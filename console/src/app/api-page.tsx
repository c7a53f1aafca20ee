import { post } from '@/api/client'
import { client, useAction } from '@/api/hooks'
import type { App } from '@/api/types'
import { CopyButton } from '@/chat/code'
import { t } from '@/lib/i18n'
import { KeyList } from '@/settings/key-list'
import { Card, Switch } from '@/ui/bits'
import { entries } from './build/fields'
import { useApp } from './layout'
import { Snippet } from './snippet'

/** How programs reach the app: keys, and calls that can be copied. */
export function ApiPage() {
  const { data: app } = useApp()
  const turn = useAction(async (id: string, enable_api: boolean) => {
    await post(`/apps/${id}/api-enable`, { enable_api })
    client.setQueryData<App>([`/apps/${id}`], (old) => old && { ...old, enable_api })
  })
  if (!app) return null
  const base = `${location.origin}/v1`
  return (
    <div className="mx-auto w-full max-w-4xl space-y-5 px-4 py-6 sm:px-6">
      <Card className="p-5">
        <div className="flex items-center justify-between gap-3"><h2 className="text-xl">{t('API')}</h2><Switch label={t('API')} on={app.enable_api} onChange={(on) => void turn.run(app.id, on)} /></div>
        <p className="mt-0.5 mb-4 text-sm text-ink-2">{t('Compatible with the Service API of Dify: existing clients work with this address and a key.')}</p>
        <p className="flex items-center gap-2 rounded-lg bg-sunken py-1 pr-1 pl-3"><code className="min-w-0 flex-1 truncate font-mono text-xs">{base}</code><CopyButton text={() => base} /></p>
      </Card>
      <KeyList path={`/apps/${app.id}/api-keys`} title={t('Keys')} about={t('Keep them on your server: whoever has one can ask in your name.')} />
      {calls(app, base).map(({ title, about, samples }) => (
        <Card key={title} className="p-5">
          <h2 className="text-xl">{title}</h2>
          <p className="mt-0.5 mb-3 text-sm text-ink-2">{about}</p>
          <Snippet samples={samples} />
        </Card>
      ))}
    </div>
  )
}

interface Call { title: string; about: string; samples: { name: string; text: string }[] }

function calls(app: App, base: string): Call[] {
  const inputs = Object.fromEntries(entries(app.model_config ?? {}).map(({ field }) => [field.variable, field.options?.[0] ?? '…']))
  const ask =
    app.mode === 'workflow'
      ? { path: '/workflows/run', body: { inputs: {}, response_mode: 'streaming', user: 'user-123' } }
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

function samplesOf(method: string, url: string, body?: object): { name: string; text: string }[] {
  const json = body && JSON.stringify(body, null, 2)
  const shell = json?.replaceAll("'", "'\\''")
  const python = json?.replaceAll(/\btrue\b/g, 'True').replaceAll(/\bnull\b/g, 'None')
  return [
    { name: 'curl', text: `curl${method === 'GET' ? '' : ' -N'} '${url}' \\\n  -H "Authorization: Bearer $API_KEY"${shell ? ` \\\n  -H 'Content-Type: application/json' \\\n  -d '${shell}'` : ''}` },
    {
      name: 'Python',
      text: `import os, requests\n\nanswer = requests.${method.toLowerCase()}(\n    "${url}",\n    headers={"Authorization": f"Bearer {os.environ['API_KEY']}"},${python ? `\n    json=${python.replaceAll('\n', '\n    ')},\n    stream=True,` : ''}\n)\n${python ? 'for line in answer.iter_lines():\n    if line.startswith(b"data: "):\n        print(line[6:].decode())' : 'print(answer.json())'}`,
    },
    {
      name: 'JavaScript',
      text: `const answer = await fetch('${url}', {\n  method: '${method}',\n  headers: {\n    Authorization: \`Bearer \${process.env.API_KEY}\`,${json ? "\n    'Content-Type': 'application/json'," : ''}\n  },${json ? `\n  body: JSON.stringify(${json.replaceAll('\n', '\n  ')}),` : ''}\n})\n${json ? 'for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {\n  process.stdout.write(chunk)\n}' : 'console.log(await answer.json())'}`,
    },
  ]
}
