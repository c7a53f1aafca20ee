import { Eye, PenLine, ThumbsDown, ThumbsUp } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { post } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { App, Conversation, Message } from '@/api/types'
import { Citations, Rounds } from '@/chat/answer'
import { Markdown } from '@/chat/markdown'
import { unfold } from '@/chat/think'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Badge, Loaded } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Textarea } from '@/ui/field'
import { TraceDrawer } from '../build/trace'

/** One conversation of the log. */
export function Thread({ app, conversation, onClose }: { app: App; conversation: Conversation; onClose: () => void }) {
  const path = `/apps/${app.id}/chat-messages?conversation_id=${conversation.id}&limit=100`
  const query = useGet<{ data: Message[] }>(path)
  const [traced, setTraced] = useState<string>()
  const [annotated, setAnnotated] = useState<Message>()
  const rate = useAction(async (message: Message, rating: string | null) => {
    await post(`/apps/${app.id}/feedbacks`, { message_id: message.id, rating })
    await refresh(path)
  })
  return (
    <Dialog open onClose={onClose} as="side" title={conversation.summary || conversation.name}>
      <Loaded query={query}>
        {({ data }) => (
          <ol className="space-y-6">
            {data.map((message) => {
              const mine = message.feedbacks.find(({ from_source }) => from_source === 'admin')?.rating
              const theirs = message.feedbacks.find(({ from_source }) => from_source === 'user')
              return (
                <li key={message.id} className="space-y-2 text-sm">
                  <p className="ml-auto w-fit max-w-[85%] rounded-2xl rounded-br-md bg-soft px-3.5 py-2 break-words whitespace-pre-wrap text-soft-ink">{message.query || Object.values(message.inputs).join(' · ')}</p>
                  {message.agent_thoughts && <Rounds list={message.agent_thoughts} answer={message.answer} />}
                  {message.error ? <p className="rounded-lg bg-danger-soft px-3 py-2 text-[13px] text-danger">{message.error}</p> : <Markdown text={unfold(message.answer).text} />}
                  {message.retriever_resources.length > 0 && <Citations list={message.retriever_resources} />}
                  <div className="flex flex-wrap items-center gap-1.5 text-xs text-ink-3">
                    <span>{message.model} · {t('{count} tokens', { count: number(message.message_tokens + message.answer_tokens) })} · {number(message.provider_response_latency, 2)} s</span>
                    {theirs && <Badge tone={theirs.rating === 'like' ? 'good' : 'bad'}>{theirs.rating === 'like' ? t('liked') : t('disliked')}</Badge>}
                    {message.annotation && <Badge>{t('prepared')}</Badge>}
                    <span className="ml-auto flex items-center">
                      <IconButton label={t('Good answer')} aria-pressed={mine === 'like'} className="aria-pressed:text-accent" onClick={() => void rate.run(message, mine === 'like' ? null : 'like')}><ThumbsUp /></IconButton>
                      <IconButton label={t('Bad answer')} aria-pressed={mine === 'dislike'} className="aria-pressed:text-danger" onClick={() => void rate.run(message, mine === 'dislike' ? null : 'dislike')}><ThumbsDown /></IconButton>
                      {app.mode !== 'completion' && <IconButton label={t('Prepare an answer')} onClick={() => setAnnotated(message)}><PenLine /></IconButton>}
                      <IconButton label={t('What the model saw')} onClick={() => setTraced(message.id)}><Eye /></IconButton>
                    </span>
                  </div>
                </li>
              )
            })}
          </ol>
        )}
      </Loaded>
      {traced && <TraceDrawer appId={app.id} messageId={traced} onClose={() => setTraced(undefined)} />}
      {annotated && <Prepare app={app} message={annotated} onDone={() => { setAnnotated(undefined); void refresh(path) }} />}
    </Dialog>
  )
}

/** Turns an answer of the log into a prepared one. */
function Prepare({ app, message, onDone }: { app: App; message: Message; onDone: () => void }) {
  const [question, setQuestion] = useState(message.annotation?.question ?? message.query)
  const [answer, setAnswer] = useState(message.annotation?.content ?? unfold(message.answer).text)
  const { run, busy } = useAction(async () => {
    await post(`/apps/${app.id}/annotations`, { message_id: message.id, question, answer })
    await refresh(`/apps/${app.id}/annotations`)
    say(t('Saved'))
    onDone()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <Dialog open onClose={onDone} title={t('Prepared answer')}>
      <form onSubmit={submit} className="space-y-4">
        <Field label={t('Question')}>{(id) => <Textarea id={id} required rows={2} value={question} onChange={(event) => setQuestion(event.target.value)} />}</Field>
        <Field label={t('Answer')}>{(id) => <Textarea id={id} required rows={6} value={answer} onChange={(event) => setAnswer(event.target.value)} />}</Field>
        <div className="flex justify-end gap-2"><Button onClick={onDone}>{t('Cancel')}</Button><Button type="submit" look="primary" busy={busy}>{t('Save')}</Button></div>
      </form>
    </Dialog>
  )
}
