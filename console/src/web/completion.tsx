import { getRouteApi } from '@tanstack/react-router'
import { PenLine, ThumbsDown, ThumbsUp } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { events } from '@/api/sse'
import { TurnView } from '@/chat/answer'
import { CopyButton } from '@/chat/code'
import { given, InputsForm, lacking, startInputs } from '@/chat/form'
import { unfold } from '@/chat/think'
import { useTurns, type Door, type Turn } from '@/chat/turns'
import { t } from '@/lib/i18n'
import { complain, say } from '@/lib/toast'
import { Card } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Batch, type Tried } from './batch'
import type { WebApp } from './client'
import { Saved, SaveButton } from './saved'
import { Sheet } from './sheet'
import { SiteGate, useSite, type Site } from './site'
import { urlInputs } from './url-inputs'

const route = getRouteApi('/completion/$code')

export function CompletionPage() {
  const { code } = route.useParams()
  const query = useSite(code)
  return <SiteGate query={query}>{(site) => <Generator key={code} site={site} />}</SiteGate>
}

function Generator({ site }: { site: Site }) {
  const { web, parameters } = site
  const form = parameters.user_input_form
  return (
    <Sheet site={site} leaves={[
      { id: 'one', name: t('Run once'), show: () => <One site={site} /> },
      { id: 'many', name: t('Run a table'), show: () => <Batch form={form} run={(inputs) => written(web, given(form, inputs))} /> },
      { id: 'saved', name: t('Saved'), show: () => <Saved web={web} /> },
    ]} />
  )
}

/** The text for a row of a table. */
async function written(web: WebApp, inputs: Record<string, unknown>): Promise<Tried> {
  const done: Tried = { answer: '' }
  await events(await web.send('POST', '/completion-messages', { inputs, response_mode: 'streaming' }), (event) => {
    if (event.event === 'message') done.answer += event.answer ?? ''
    if (event.event === 'message_replace') done.answer = event.answer ?? ''
    if (event.event === 'error') done.failed = event
  })
  return done
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
      rejoin: ({ id = '' }, after, signal) => web.rejoin(id, after, signal),
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
