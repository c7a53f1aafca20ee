import { getRouteApi } from '@tanstack/react-router'
import { PenLine, ThumbsDown, ThumbsUp } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { TurnView } from '@/chat/answer'
import { CopyButton } from '@/chat/code'
import { given, InputsForm, lacking, startInputs } from '@/chat/form'
import { unfold } from '@/chat/think'
import { useTurns, type Door, type Turn } from '@/chat/turns'
import { t } from '@/lib/i18n'
import { complain, say } from '@/lib/toast'
import { ThemeButton } from '@/shell/shell'
import { Card } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { AppIcon } from '@/ui/icon'
import { Batch } from './batch'
import { Saved, SaveButton } from './saved'
import { SiteGate, SmallPrint, useSite, type Site } from './site'
import { urlInputs } from './url-inputs'

const route = getRouteApi('/completion/$code')

export function CompletionPage() {
  const { code } = route.useParams()
  const query = useSite(code)
  return <SiteGate query={query}>{(site) => <Generator key={code} site={site} />}</SiteGate>
}

function Generator({ site }: { site: Site }) {
  const { web, info, parameters } = site
  const names = { one: t('Run once'), many: t('Run a table'), saved: t('Saved') }
  const [tab, setTab] = useState<'one' | 'many' | 'saved'>('one')
  return (
    <div className="mx-auto flex min-h-dvh max-w-5xl flex-col px-4 py-5">
      <header className="mb-5 flex items-center gap-3">
        <AppIcon icon={info.site.icon} background={info.site.icon_background} />
        <div className="min-w-0 flex-1">
          <h1 className="truncate text-2xl">{info.site.title}</h1>
          {info.site.description && <p className="text-sm text-ink-2">{info.site.description}</p>}
        </div>
        <ThemeButton />
      </header>
      <div role="tablist" className="mb-4 flex gap-5 border-b border-line">
        {(['one', 'many', 'saved'] as const).map((id) => (
          <button key={id} type="button" role="tab" aria-selected={tab === id} onClick={() => setTab(id)} className="-mb-px border-b-2 border-transparent pb-2 text-sm font-medium text-ink-2 aria-selected:border-accent aria-selected:text-ink">{names[id]}</button>
        ))}
      </div>
      <main className="flex-1">{tab === 'one' ? <One site={site} /> : tab === 'many' ? <Batch web={web} form={parameters.user_input_form} /> : <Saved web={web} />}</main>
      <SmallPrint site={info.site} />
    </div>
  )
}

function One({ site: { web, parameters } }: { site: Site }) {
  const form = parameters.user_input_form
  const [inputs, setInputs] = useState(() => startInputs(form))
  const values = useRef(inputs)
  useEffect(() => {
    values.current = inputs
  })
  useEffect(() => {
    void urlInputs(location.search).then((found) => Object.keys(found).length && setInputs((now) => ({ ...now, ...found })))
  }, [])
  const door = useMemo<Door>(
    () => ({
      ask: (_, signal) => web.send('POST', '/completion-messages', { inputs: given(form, values.current), response_mode: 'streaming' }, signal),
      stop: (task) => web.call('POST', `/completion-messages/${task}/stop`, {}),
      rejoin: (message, after, signal) => web.rejoin(message, after, signal),
    }),
    [web, form],
  )
  const run = useTurns(door, `edgewise-text-run-${web.code}`)
  const turn = run.turns.at(-1)
  const generate = () => {
    const missing = lacking(form, inputs)
    if (missing.length) return void say(t('Fill in first: {names}', { names: missing.join(', ') }), { kind: 'bad' })
    void run.ask('', undefined, [])
  }
  const rate = async (rated: Turn, rating: 'like' | 'dislike') => {
    const value = rated.rating === rating ? null : rating
    run.edit(rated.key, { rating: value })
    await web.call('POST', `/messages/${rated.id}/feedbacks`, { rating: value }).catch(complain)
  }
  return (
    <div className="grid items-start gap-5 md:grid-cols-2">
      <Card className="p-4">
        <form onSubmit={(event) => { event.preventDefault(); generate() }} className="space-y-4">
          <InputsForm form={form} inputs={inputs} onChange={setInputs} />
          <div className="flex justify-end">{run.busy ? <Button onClick={run.stop}>{t('Stop')}</Button> : <Button type="submit" look="primary">{t('Generate')}</Button>}</div>
        </form>
      </Card>
      <Card className="min-h-48 p-4">
        {turn ? (
          <ol>
            <TurnView turn={turn} tools={turn.id && (
              <div className="mt-2 -ml-1.5 flex">
                <CopyButton text={() => unfold(turn.answer).text} />
                <SaveButton web={web} id={turn.id} />
                <IconButton label={t('Good answer')} aria-pressed={turn.rating === 'like'} className="aria-pressed:text-accent" onClick={() => void rate(turn, 'like')}><ThumbsUp /></IconButton>
                <IconButton label={t('Bad answer')} aria-pressed={turn.rating === 'dislike'} className="aria-pressed:text-danger" onClick={() => void rate(turn, 'dislike')}><ThumbsDown /></IconButton>
              </div>
            )} />
          </ol>
        ) : (
          <p className="flex h-40 flex-col items-center justify-center gap-2 text-sm text-ink-3"><PenLine className="size-5" aria-hidden /> {t('The text appears here.')}</p>
        )}
      </Card>
    </div>
  )
}
