import { Menu as Bars, Plus, RefreshCw, ThumbsDown, ThumbsUp, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { client } from '@/api/hooks'
import type { PastMessage, Talk } from '@/api/types'
import { Suggestions } from '@/app/build/preview'
import { TurnView } from '@/chat/answer'
import { CopyButton } from '@/chat/code'
import { Composer } from '@/chat/composer'
import { given, InputsForm, lacking, startInputs } from '@/chat/form'
import { useFiles } from '@/chat/files'
import { Markdown } from '@/chat/markdown'
import { Listen } from '@/chat/voice'
import { unfold } from '@/chat/think'
import { useTurns, type Door, type Turn } from '@/chat/turns'
import { cx } from '@/lib/cx'
import { t } from '@/lib/i18n'
import { complain, say } from '@/lib/toast'
import { ThemeButton } from '@/shell/shell'
import { Button, IconButton } from '@/ui/button'
import { AppIcon } from '@/ui/icon'
import type { Site } from './site'
import { SmallPrint } from './site'
import { TalkList, talksKey } from './talks'
import { urlInputs } from './url-inputs'
import { keptHere } from '@/lib/kept'

/** Nothing was counted so far: perhaps it is still being written, which whoever rejoins it learns. */
const isUnfinished = (message: PastMessage) => !message.error && message.total_price === null

const turnOf = (message: PastMessage, place: number, all: PastMessage[]): Turn => ({
  key: message.id,
  id: message.id,
  parent: message.parent_message_id ?? undefined,
  query: message.query,
  answer: message.answer,
  state: message.error ? 'failed' : place === all.length - 1 && isUnfinished(message) ? 'writing' : 'done',
  ...(message.error && { error: message.error }),
  citations: message.retriever_resources ?? [],
  ...(message.agent_thoughts?.length && { thoughts: message.agent_thoughts }),
  ...(message.message_files?.length && { sent: message.message_files.map(({ filename, type }) => ({ name: filename ?? type, kind: type })) }),
  rating: message.feedback?.rating ?? null,
})

/** The branch that was asked last, of questions that were asked again. */
function branch(messages: PastMessage[]): PastMessage[] {
  const byId = new Map(messages.map((message) => [message.id, message]))
  const path: PastMessage[] = []
  let at = messages.at(-1)
  while (at && path.length < messages.length) {
    path.unshift(at)
    at = at.parent_message_id ? byId.get(at.parent_message_id) : undefined
  }
  return messages.some((message) => message.parent_message_id) ? path : messages
}

export function ChatRoom({ site: { web, info, parameters }, small }: { site: Site; small: boolean }) {
  const { site } = info
  const form = parameters.user_input_form
  const [inputs, setInputs] = useState(() => startInputs(form))
  const [listed, setListed] = useState(false)
  const [next, setNext] = useState<string[]>([])
  const last = `edgewise-talk-${web.code}`
  const values = useRef(inputs)
  useEffect(() => {
    values.current = inputs
  })
  const door = useMemo<Door>(
    () => ({
      ask: (body, signal) => web.send('POST', '/chat-messages', { ...body, inputs: given(form, values.current), response_mode: 'streaming' }, signal),
      stop: (task) => web.call('POST', `/chat-messages/${task}/stop`, {}),
      rejoin: ({ id = '', run }, after, signal) => (run ? web.replay(run, signal) : web.rejoin(id, after, signal)),
      ran: (message, run) => keptHere.set(`${last}-run`, JSON.stringify({ message, run })),
      named: (conversation) => keptHere.set(last, conversation),
      ended: (turn) => {
        void client.invalidateQueries({ queryKey: talksKey(web.code) })
        if (parameters.suggested_questions_after_answer?.enabled && turn.id && turn.state === 'done') {
          web.call<{ data: string[] }>('GET', `/messages/${turn.id}/suggested-questions`).then(({ data }) => setNext(data), () => setNext([]))
        }
      },
    }),
    [web, form, last, parameters],
  )
  const talk = useTurns(door)
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // A new conversation begins at its top.
    if (talk.turns.length) end.current?.scrollIntoView({ block: 'end' })
  }, [talk.turns])

  const { begin } = talk
  const open = async (id: string | undefined, known?: Talk) => {
    setListed(false)
    setNext([])
    if (id) keptHere.set(last, id)
    else keptHere.drop(last)
    if (!id) return begin(undefined)
    try {
      const { data } = await web.call<{ data: PastMessage[] }>('GET', `/messages?conversation_id=${id}&limit=100`)
      const { message, run } = JSON.parse(keptHere.get(`${last}-run`) ?? '{}') as { message?: string; run?: string }
      begin(id, branch(data).map(turnOf).map((turn) => (run && turn.id === message ? { ...turn, run } : turn)))
      const kept = known?.inputs ?? data[0]?.inputs
      if (kept) setInputs((now) => ({ ...now, ...Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, String(value ?? '')])) }))
    } catch (error) {
      keptHere.drop(last)
      complain(error)
    }
  }
  useEffect(() => {
    void urlInputs(location.search).then((found) => Object.keys(found).length && setInputs((now) => ({ ...now, ...found })))
    const before = keptHere.get(last)
    // A reload comes back to the same conversation.
    if (before) void open(before)
    // Once, when the page opens.
    // eslint-disable-next-line
  }, [])

  const files = useFiles(parameters.file_upload, (file) => web.give('/files/upload', file, file.name))
  const hear = parameters.speech_to_text?.enabled ? async (sound: Blob) => (await web.give<{ text: string }>('/audio-to-text', sound, 'question.wav')).text : undefined
  const aloud = parameters.text_to_speech?.enabled
  const ask = (query: string) => {
    const missing = lacking(form, inputs)
    if (missing.length) return void say(t('Fill in first: {names}', { names: missing.join(', ') }), { kind: 'bad' })
    setNext([])
    void talk.ask(query, files.take())
  }
  const rate = async (turn: Turn, rating: 'like' | 'dislike') => {
    const value = turn.rating === rating ? null : rating
    talk.edit(turn.key, { rating: value })
    await web.call('POST', `/messages/${turn.id}/feedbacks`, { rating: value }).catch((error: unknown) => { talk.edit(turn.key, { rating: turn.rating ?? null }); complain(error) })
  }
  const tools = (turn: Turn) => turn.id && (
    <div className="mt-1.5 -ml-1.5 flex items-center">
      <CopyButton text={() => unfold(turn.answer).text} />
      {aloud && <Listen fetchSound={async () => (await web.send('POST', '/text-to-audio', { message_id: turn.id })).blob()} />}
      <IconButton label={t('Ask again')} disabled={talk.busy} onClick={() => void talk.again(turn)}><RefreshCw /></IconButton>
      <IconButton label={t('Good answer')} aria-pressed={turn.rating === 'like'} className="aria-pressed:text-accent" onClick={() => void rate(turn, 'like')}><ThumbsUp /></IconButton>
      <IconButton label={t('Bad answer')} aria-pressed={turn.rating === 'dislike'} className="aria-pressed:text-danger" onClick={() => void rate(turn, 'dislike')}><ThumbsDown /></IconButton>
    </div>
  )
  const fresh = talk.turns.length === 0
  const asksInputs = form.length > 0
  const enter = new URLSearchParams(location.search).get('sendOnEnter') !== 'false'
  return (
    <div className="flex h-dvh overflow-hidden">
      {!small && (
        <aside className={cx('flex w-72 shrink-0 flex-col border-r border-line bg-sunken/60 max-md:fixed max-md:inset-y-0 max-md:left-0 max-md:z-40 max-md:bg-paper max-md:shadow-card', !listed && 'max-md:hidden')}>
          <div className="flex items-center gap-2.5 p-4">
            <AppIcon icon={site.icon} background={site.icon_background} size="sm" />
            <span className="min-w-0 flex-1 truncate font-serif text-lg font-medium">{site.title}</span>
            <span className="md:hidden"><IconButton label={t('Close')} onClick={() => setListed(false)}><X /></IconButton></span>
          </div>
          <div className="px-3 pb-2"><Button className="w-full" onClick={() => void open(undefined)}><Plus /> {t('New conversation')}</Button></div>
          <TalkList web={web} current={talk.conversation} onOpen={(item) => void open(item?.id, item)} />
        </aside>
      )}
      <main className="flex min-w-0 flex-1 flex-col">
        <header className="flex items-center gap-2 px-3 py-2.5 md:px-5">
          {!small && <span className="md:hidden"><IconButton label={t('Conversations')} onClick={() => setListed(true)}><Bars /></IconButton></span>}
          {small && <AppIcon icon={site.icon} background={site.icon_background} size="sm" />}
          <h1 className={cx('min-w-0 truncate text-lg', !small && 'md:sr-only')}>{site.title}</h1>
          <span className="ml-auto flex">
            {small && <IconButton label={t('New conversation')} onClick={() => void open(undefined)}><Plus /></IconButton>}
            <ThemeButton />
          </span>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto" tabIndex={0} role="log" aria-label={t('Conversation')}>
          <div className="mx-auto max-w-3xl space-y-6 px-4 pt-2 pb-8">
            {fresh && <Greeting site={site} small={small} />}
            {asksInputs && fresh && <section className="rounded-xl border border-line bg-surface p-4"><InputsForm form={form} inputs={inputs} onChange={setInputs} /></section>}
            {parameters.opening_statement && <div className="text-sm"><Markdown text={parameters.opening_statement.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => inputs[name] || whole)} /></div>}
            {fresh && <Suggestions list={parameters.suggested_questions ?? []} onAsk={ask} />}
            <ol className="space-y-8">{talk.turns.map((turn) => <TurnView key={turn.key} turn={turn} tools={tools(turn)} />)}</ol>
            {!talk.busy && <Suggestions list={next} onAsk={ask} />}
            <div ref={end} />
          </div>
        </div>
        <div className="mx-auto w-full max-w-3xl px-4 pb-[max(0.9rem,env(safe-area-inset-bottom))]">
          <Composer busy={talk.busy} onAsk={ask} onStop={talk.stop} placeholder={site.input_placeholder ?? undefined} enter={enter} keep={`edgewise-text-${web.code}`} files={files} hear={hear} />
          <SmallPrint site={site} />
        </div>
      </main>
    </div>
  )
}

function Greeting({ site, small }: { site: Site['info']['site']; small: boolean }) {
  if (small) return site.description ? <p className="text-sm text-ink-2">{site.description}</p> : null
  return (
    <div className="pt-8 pb-2">
      <AppIcon icon={site.icon} background={site.icon_background} size="lg" />
      <h2 className="mt-4 text-3xl">{site.title}</h2>
      {site.description && <p className="mt-1.5 text-ink-2">{site.description}</p>}
    </div>
  )
}
