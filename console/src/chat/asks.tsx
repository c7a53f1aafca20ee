// People that a run asks to fill in a form, and where.
import { UserRoundPen } from 'lucide-react'
import type { StreamEvent } from '@/api/sse'
import { t } from '@/lib/i18n'
import { button } from '@/ui/button'

export interface Asked { node: string; title: string; token: string | null }

/** Who is asked after an event. */
export function asksAfter(asks: Asked[], event: StreamEvent): Asked[] {
  const { node_id = '', node_title = '', form_token = null } = (event.data ?? {}) as { node_id?: string; node_title?: string; form_token?: string | null }
  const others = asks.filter(({ node }) => node !== node_id)
  return event.event === 'human_input_required' ? [...others, { node: node_id, title: node_title, token: form_token }] : others
}

export const Asks = ({ list }: { list: Asked[] }) =>
  list.map(({ node, title, token }) => (
    <div key={node} className="my-2 flex flex-wrap items-center gap-3 rounded-lg bg-warn-soft px-3 py-2.5 text-sm text-warn">
      <UserRoundPen className="size-4 shrink-0" aria-hidden /> <span className="min-w-0 flex-1">{t('{name} waits for an answer.', { name: title })}</span>
      {token && <a href={`/form/${token}`} target="_blank" rel="noreferrer" className={button('plain', true)}>{t('Open the form')}</a>}
    </div>
  ))
