import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { post } from '@/api/client'
import { client, useAction, useGet } from '@/api/hooks'
import type { InvitationCheck } from '@/api/types'
import { language, t } from '@/lib/i18n'
import { Loaded } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Field, Input } from '@/ui/field'
import { Frame } from './frame'

const route = getRouteApi('/activate')

/** Taking up an invitation. */
export function Activate() {
  const invitation = route.useSearch()
  const query = useGet<InvitationCheck>(`/activate/check?${new URLSearchParams(invitation)}`)
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const { run, busy, field } = useAction(async () => {
    await post('/activate', { ...invitation, name, password, interface_language: language(), timezone: 'UTC' })
    client.clear()
    await navigate({ to: '/apps' })
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  const workspace = query.data?.data?.workspace_name ?? ''
  return (
    <Frame title={() => t('Join {workspace}', { workspace })} about={() => invitation.email}>
      {() => (
        <Loaded query={query}>
          {(check) =>
            check.is_valid ? (
              <form onSubmit={submit} className="space-y-4">
                <Field label={t('Name')}>{(id) => <Input id={id} required autoFocus autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />}</Field>
                <Field label={t('Password')} hint={t('At least 8 characters, with letters and digits')}>
                  {(id) => <Input id={id} type="password" required minLength={8} autoComplete="new-password" aria-invalid={field === 'password'} value={password} onChange={(event) => setPassword(event.target.value)} />}
                </Field>
                <Button type="submit" look="primary" busy={busy} className="w-full">{t('Join')}</Button>
              </form>
            ) : (
              <p role="alert" className="rounded-lg bg-warn-soft p-3 text-sm text-warn">{t('This invitation is no longer valid. Ask whoever invited you for a new one.')}</p>
            )
          }
        </Loaded>
      )}
    </Frame>
  )
}
