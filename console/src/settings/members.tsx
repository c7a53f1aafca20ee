import { Trash2, UserPlus } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { post, put, remove } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { InvitationResult, Member, Profile, Role } from '@/api/types'
import { CopyButton } from '@/chat/code'
import { ago } from '@/lib/format'
import { language, t } from '@/lib/i18n'
import { Badge, Card, Loaded } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Input, Select } from '@/ui/field'

const PATH = '/workspaces/current/members'

const roles = (): Record<Role, string> => ({ owner: t('Owner'), admin: t('Admin'), editor: t('Editor'), normal: t('Member') })
const about = (): Record<string, string> => ({ admin: t('Members, models, and all of the below'), editor: t('Creates and changes apps and knowledge'), normal: t('Sees and uses apps') })

export function Members() {
  const query = useGet<{ accounts: Member[] }>(PATH)
  const { data: me } = useGet<Profile>('/account/profile')
  const [inviting, setInviting] = useState(false)
  const [asked, setAsked] = useState<Member>()
  const manages = me?.role === 'owner' || me?.role === 'admin'
  const change = useAction(async (member: Member, role: string) => {
    await put(`${PATH}/${member.id}/update-role`, { role })
    await refresh(PATH)
  })
  const drop = useAction(async (member: Member) => {
    await remove(`${PATH}/${member.id}`)
    await refresh(PATH)
    setAsked(undefined)
  })
  return (
    <Card className="p-5">
      <div className="mb-3 flex items-center justify-between gap-3">
        <h2 className="text-xl">{t('Members')}</h2>
        {manages && <Button look="primary" onClick={() => setInviting(true)}><UserPlus /> {t('Invite')}</Button>}
      </div>
      <Loaded query={query}>
        {({ accounts }) => (
          <ul className="divide-y divide-line">
            {accounts.map((member) => {
              const fixed = !manages || member.role === 'owner' || member.id === me?.id || (member.role === 'admin' && me?.role !== 'owner')
              return (
                <li key={member.id} className="flex items-center gap-3 py-2.5 text-sm">
                  <span aria-hidden className="grid size-8 shrink-0 place-items-center rounded-full bg-soft font-semibold text-soft-ink">{(member.name || member.email).slice(0, 1).toUpperCase()}</span>
                  <span className="min-w-0 flex-1"><span className="block truncate font-medium">{member.name || member.email} {member.status === 'pending' && <Badge tone="warn">{t('invited')}</Badge>}</span><span className="block truncate text-xs text-ink-3">{member.email}{member.last_login_at ? ` · ${t('seen {when}', { when: ago(member.last_login_at) })}` : ''}</span></span>
                  {fixed ? <Badge>{roles()[member.role]}</Badge> : (
                    <>
                      <Select aria-label={t('Role of {name}', { name: member.email })} className="w-32" value={member.role} onChange={(event) => void change.run(member, event.target.value)}>
                        {(['admin', 'editor', 'normal'] as const).filter((role) => role !== 'admin' || me?.role === 'owner').map((role) => <option key={role} value={role}>{roles()[role]}</option>)}
                      </Select>
                      <IconButton label={t('Remove {name}', { name: member.email })} onClick={() => setAsked(member)}><Trash2 /></IconButton>
                    </>
                  )}
                </li>
              )
            })}
          </ul>
        )}
      </Loaded>
      {inviting && <Invite owner={me?.role === 'owner'} onClose={() => setInviting(false)} />}
      {asked && (
        <Dialog open onClose={() => setAsked(undefined)} title={t('Remove {name}?', { name: asked.email })} about={t('They can no longer log in here. Their apps stay.')}>
          <div className="flex justify-end gap-2"><Button onClick={() => setAsked(undefined)}>{t('Cancel')}</Button><Button look="danger" busy={drop.busy} onClick={() => void drop.run(asked)}>{t('Remove')}</Button></div>
        </Dialog>
      )}
    </Card>
  )
}

function Invite({ owner, onClose }: { owner: boolean; onClose: () => void }) {
  const [emails, setEmails] = useState('')
  const [role, setRole] = useState('editor')
  const [results, setResults] = useState<InvitationResult[]>()
  const { run, busy } = useAction(async () => {
    const list = emails.split(/[\s,;]+/).filter(Boolean)
    const answer = await post<{ invitation_results: InvitationResult[] }>(`${PATH}/invite-email`, { emails: list, role, language: language() })
    setResults(answer.invitation_results)
    await refresh(PATH)
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <Dialog open onClose={onClose} title={t('Invite')} about={t('No mail is sent: pass the link on yourself. It holds for seven days.')}>
      {results ? (
        <ul className="space-y-3 text-sm">
          {results.map((result) => (
            <li key={result.email}>
              <p className="font-medium">{result.email}</p>
              {result.url ? <p className="mt-1 flex items-center gap-2 rounded-lg bg-sunken py-1.5 pr-1.5 pl-3"><code className="min-w-0 flex-1 truncate font-mono text-xs">{result.url}</code><CopyButton text={() => result.url ?? ''} /></p> : <p className="text-danger">{result.message}</p>}
            </li>
          ))}
          <li className="flex justify-end"><Button look="primary" onClick={onClose}>{t('Done')}</Button></li>
        </ul>
      ) : (
        <form onSubmit={submit} className="space-y-4">
          <Field label={t('Email')} hint={t('Several with spaces or commas between')}>{(id) => <Input id={id} required autoFocus value={emails} onChange={(event) => setEmails(event.target.value)} />}</Field>
          <Field label={t('Role')} hint={about()[role]}>
            {(id) => <Select id={id} value={role} onChange={(event) => setRole(event.target.value)}>{(['admin', 'editor', 'normal'] as const).filter((each) => each !== 'admin' || owner).map((each) => <option key={each} value={each}>{roles()[each]}</option>)}</Select>}
          </Field>
          <div className="flex justify-end gap-2"><Button onClick={onClose}>{t('Cancel')}</Button><Button type="submit" look="primary" busy={busy}>{t('Invite')}</Button></div>
        </form>
      )}
    </Dialog>
  )
}
