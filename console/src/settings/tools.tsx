import { Pencil, Plug, Plus, RefreshCw, Trash2, X } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { call } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { McpServer } from '@/api/types'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Badge, Card, Loaded, Problem } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Input } from '@/ui/field'

const LIST = '/workspaces/current/tools/mcp'
const ONE = '/workspaces/current/tool-provider/mcp'

/** Where agents and workflows get tools from, beside those that are built in: MCP servers. */
export function ToolsPage() {
  const query = useGet<McpServer[]>(LIST)
  const [edited, setEdited] = useState<McpServer | 'new'>()
  const [asked, setAsked] = useState<McpServer>()
  const drop = useAction(async (server: McpServer) => {
    await call('DELETE', ONE, { provider_id: server.id })
    await refresh(LIST)
    setAsked(undefined)
  })
  return (
    <Card className="p-5">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-60 flex-1"><h2 className="text-xl">{t('MCP servers')}</h2><p className="mt-0.5 text-sm text-ink-2">{t('What a server offers by the Model Context Protocol, agents and workflows can use as tools.')}</p></div>
        <Button onClick={() => setEdited('new')}><Plus /> {t('Add a server')}</Button>
      </div>
      <Loaded query={query}>
        {(list) => (
          <ul className="mt-3 divide-y divide-line">
            {list.map((server) => <Row key={server.id} server={server} onEdit={() => setEdited(server)} onDrop={() => setAsked(server)} />)}
            {list.length === 0 && <li className="flex items-center gap-2 py-3 text-sm text-ink-3"><Plug className="size-4" aria-hidden /> {t('No servers so far')}</li>}
          </ul>
        )}
      </Loaded>
      {edited && <ServerDialog server={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />}
      {asked && (
        <Dialog open onClose={() => setAsked(undefined)} title={t('Forget {name}?', { name: asked.name })} about={t('Agents and workflows that use its tools fail from now on.')}>
          <div className="flex justify-end gap-2"><Button onClick={() => setAsked(undefined)}>{t('Cancel')}</Button><Button look="danger" busy={drop.busy} onClick={() => void drop.run(asked)}>{t('Forget')}</Button></div>
        </Dialog>
      )}
    </Card>
  )
}

function Row({ server, onEdit, onDrop }: { server: McpServer; onEdit: () => void; onDrop: () => void }) {
  const again = useAction(async () => {
    const { tools } = await call<McpServer>('POST', `${ONE}/${server.id}/refresh`, {})
    await refresh(LIST)
    say(t('{name} offers {count} tools', { name: server.name, count: tools.length }))
  })
  return (
    <li className="py-3">
      <div className="flex items-center gap-2">
        <div className="min-w-0 flex-1">
          <h3 className="truncate text-sm font-medium">{server.name} <span className="font-mono text-xs font-normal text-ink-3">{server.server_identifier}</span></h3>
          <p className="truncate text-xs text-ink-3">{server.server_url}</p>
        </div>
        <IconButton label={t('Ask {name} again what it offers', { name: server.name })} disabled={again.busy} onClick={() => void again.run()}><RefreshCw /></IconButton>
        <IconButton label={t('Change {name}', { name: server.name })} onClick={onEdit}><Pencil /></IconButton>
        <IconButton label={t('Forget {name}', { name: server.name })} onClick={onDrop}><Trash2 /></IconButton>
      </div>
      <ul className="mt-1.5 flex flex-wrap gap-1.5" aria-label={t('Tools of {name}', { name: server.name })}>{server.tools.map(({ name, label, description }) => <li key={name} title={description}><Badge>{label || name}</Badge></li>)}</ul>
    </li>
  )
}

/** Header names and values; an address or headers that are left alone stay as they are. */
function ServerDialog({ server, onClose }: { server: McpServer | undefined; onClose: () => void }) {
  const [name, setName] = useState(server?.name ?? '')
  const [identifier, setIdentifier] = useState(server?.server_identifier ?? '')
  const [url, setUrl] = useState('')
  const [headers, setHeaders] = useState<[string, string][]>([])
  const { run, busy, field, problem } = useAction(async () => {
    const given = headers.filter(([key]) => key.trim())
    const made = await call<McpServer>(server ? 'PUT' : 'POST', ONE, {
      ...(server && { provider_id: server.id }),
      server_identifier: identifier,
      name,
      icon: server?.icon ?? {},
      ...(url && { server_url: url }),
      ...((given.length > 0 || !server) && { headers: Object.fromEntries(given) }),
    })
    await refresh(LIST)
    say(t('{name} offers {count} tools', { name: made.name, count: made.tools.length }))
    onClose()
  }, { quiet: true })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  const put = (at: number, pair: [string, string]) => setHeaders(headers.map((one, index) => (index === at ? pair : one)))
  return (
    <Dialog open onClose={onClose} title={server ? server.name : t('Add a server')} about={t('It is asked at once what it offers; its address and headers are kept encrypted.')} wide>
      <form onSubmit={submit} className="space-y-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('Name')}>{(id) => <Input id={id} required autoFocus aria-invalid={field === 'name'} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
          <Field label={t('Identifier')} hint={t('How app files name it: letters, digits, _ and -')}>{(id) => <Input id={id} required pattern="[A-Za-z0-9_\-]+" maxLength={24} aria-invalid={field === 'server_identifier'} value={identifier} onChange={(event) => setIdentifier(event.target.value)} />}</Field>
        </div>
        <Field label={t('Address')} hint={server ? t('Empty keeps the present one') : ''}>{(id) => <Input id={id} required={!server} type="url" placeholder={server?.server_url ?? 'https://mcp.example.com/mcp'} aria-invalid={field === 'server_url'} value={url} onChange={(event) => setUrl(event.target.value)} />}</Field>
        <fieldset className="space-y-2">
          <legend className="text-[13px] font-medium">{t('Headers')}</legend>
          <p className="text-xs text-ink-3">{server ? t('Such as a key. None entered keeps the present ones.') : t('Such as a key; every request says them.')}</p>
          {headers.map(([key, value], at) => (
            <div key={at} className="flex gap-2">
              <Input aria-label={t('Header')} placeholder="Authorization" value={key} onChange={(event) => put(at, [event.target.value, value])} />
              <Input aria-label={t('Value')} type="password" autoComplete="off" placeholder="Bearer …" value={value} onChange={(event) => put(at, [key, event.target.value])} />
              <IconButton label={t('Remove {name}', { name: key })} onClick={() => setHeaders(headers.filter((_, index) => index !== at))}><X /></IconButton>
            </div>
          ))}
          <Button small look="quiet" onClick={() => setHeaders([...headers, ['', '']])}><Plus /> {t('Add a header')}</Button>
        </fieldset>
        {problem && <Problem>{problem}</Problem>}
        <div className="flex justify-end gap-2"><Button onClick={onClose}>{t('Cancel')}</Button><Button type="submit" look="primary" busy={busy}>{t('Try and save')}</Button></div>
      </form>
    </Dialog>
  )
}
