import { ExternalLink, RotateCcw } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { post } from '@/api/client'
import { client, useAction } from '@/api/hooks'
import type { App, Site } from '@/api/types'
import { CopyButton } from '@/chat/code'
import { LANGUAGES, t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Card, Switch } from '@/ui/bits'
import { Button, button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Input, Select, Textarea } from '@/ui/field'
import { isTalk, pageOf, useApp } from './layout'
import { Snippet } from './snippet'

const put = (id: string, change: Partial<App>) => client.setQueryData<App>([`/apps/${id}`], (app) => app && { ...app, ...change })

/** The page of an app, and how it stands in pages of others. */
export function Share() {
  const { data: app } = useApp()
  if (!app) return null
  return (
    <div className="mx-auto w-full max-w-4xl space-y-5 px-4 py-6 sm:px-6">
      <PageCard app={app} page={pageOf(app)} />
      <SiteForm key={app.site.code} app={app} />
      {isTalk(app) && <EmbedCard app={app} />}
    </div>
  )
}

function PageCard({ app, page }: { app: App; page: string }) {
  const [asked, setAsked] = useState(false)
  const turn = useAction(async (enable_site: boolean) => {
    await post(`/apps/${app.id}/site-enable`, { enable_site })
    put(app.id, { enable_site })
  })
  const renew = useAction(async () => {
    const site = await post<Site>(`/apps/${app.id}/site/access-token-reset`)
    put(app.id, { site: { ...app.site, ...site } })
    setAsked(false)
    say(t('The page has a new address'))
  })
  return (
    <Card className="p-5">
      <div className="flex items-center justify-between gap-3"><h2 className="text-xl">{t('The page')}</h2><Switch label={t('The page')} on={app.enable_site} onChange={(on) => void turn.run(on)} /></div>
      <p className="mt-0.5 mb-4 text-sm text-ink-2">{t('Anybody with the address can use the published app.')}</p>
      <div className="flex flex-wrap items-center gap-2">
        <p className="flex min-w-60 flex-1 items-center gap-2 rounded-lg bg-sunken py-1 pr-1 pl-3"><code className="min-w-0 flex-1 truncate font-mono text-xs">{page}</code><CopyButton text={() => page} /></p>
        {app.enable_site && <a href={page} target="_blank" rel="noreferrer" className={button()}><ExternalLink aria-hidden /> {t('Open')}</a>}
        <Button look="quiet" onClick={() => setAsked(true)}><RotateCcw /> {t('New address')}</Button>
      </div>
      {asked && (
        <Dialog open onClose={() => setAsked(false)} title={t('Give the page a new address?')} about={t('The old address and everything that embeds it stop working at once.')}>
          <div className="flex justify-end gap-2"><Button onClick={() => setAsked(false)}>{t('Cancel')}</Button><Button look="danger" busy={renew.busy} onClick={() => void renew.run()}>{t('New address')}</Button></div>
        </Dialog>
      )}
    </Card>
  )
}

function SiteForm({ app }: { app: App }) {
  const [form, setForm] = useState({
    title: app.site.title ?? app.name,
    description: app.site.description ?? '',
    default_language: app.site.default_language ?? 'en-US',
    input_placeholder: app.site.input_placeholder ?? '',
    copyright: app.site.copyright ?? '',
    privacy_policy: app.site.privacy_policy ?? '',
    custom_disclaimer: app.site.custom_disclaimer ?? '',
  })
  const { run, busy, field } = useAction(async () => {
    const site = await post<Site>(`/apps/${app.id}/site`, form)
    put(app.id, { site: { ...app.site, ...site } })
    say(t('Saved'))
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  const entry = (key: keyof typeof form) => ({ value: form[key], 'aria-invalid': field === key, onChange: (event: { target: { value: string } }) => setForm({ ...form, [key]: event.target.value }) })
  return (
    <Card className="p-5">
      <h2 className="mb-4 text-xl">{t('What the page says')}</h2>
      <form onSubmit={submit} className="grid gap-4 sm:grid-cols-2">
        <Field label={t('Title')}>{(id) => <Input id={id} required {...entry('title')} />}</Field>
        <Field label={t('Language')}>{(id) => <Select id={id} {...entry('default_language')}>{LANGUAGES.map(({ code, name }) => <option key={code} value={code}>{name}</option>)}</Select>}</Field>
        <div className="sm:col-span-2"><Field label={t('Description')}>{(id) => <Textarea id={id} rows={2} {...entry('description')} />}</Field></div>
        {isTalk(app) && <Field label={t('Hint in the question box')}>{(id) => <Input id={id} maxLength={64} {...entry('input_placeholder')} />}</Field>}
        <Field label={t('Copyright')}>{(id) => <Input id={id} {...entry('copyright')} />}</Field>
        <Field label={t('Privacy policy')} hint={t('A web address')}>{(id) => <Input id={id} type="url" {...entry('privacy_policy')} />}</Field>
        <Field label={t('Disclaimer')}>{(id) => <Input id={id} maxLength={512} {...entry('custom_disclaimer')} />}</Field>
        <div className="flex justify-end sm:col-span-2"><Button type="submit" look="primary" busy={busy}>{t('Save')}</Button></div>
      </form>
    </Card>
  )
}

function EmbedCard({ app }: { app: App }) {
  const { origin } = location
  const { code } = app.site
  const bubble = `<script>\n  window.difyChatbotConfig = { token: '${code}', baseUrl: '${origin}' }\n</script>\n<script src="${origin}/embed.min.js" id="${code}" defer></script>`
  const frame = `<iframe src="${origin}/chatbot/${code}" title="${app.site.title ?? app.name}" style="width: 100%; min-height: 700px; border: 0" allow="microphone"></iframe>`
  return (
    <Card className="p-5">
      <h2 className="text-xl">{t('In your own pages')}</h2>
      <p className="mt-0.5 mb-4 text-sm text-ink-2">{t('A bubble in the corner, or a frame where you put it.')}</p>
      <Snippet samples={[{ name: t('Bubble'), text: bubble }, { name: t('Frame'), text: frame }]} />
      <p className="mt-3 text-[13px] text-ink-3">{t('On a page that forbids inline scripts, put the values into the second tag as data-token and data-base-url.')}</p>
    </Card>
  )
}
