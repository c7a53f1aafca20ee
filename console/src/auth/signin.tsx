import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { ApiError, post } from '@/api/client'
import { client } from '@/api/hooks'
import { t } from '@/lib/i18n'
import { explain } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Field, Input } from '@/ui/field'
import { Frame } from './frame'

const route = getRouteApi('/signin')

export function Signin() {
  const { next } = route.useSearch()
  const navigate = useNavigate()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      await post('/login', { email, password, remember_me: true })
      client.clear()
      // Only ever to a page of ours.
      await navigate({ to: next?.startsWith('/') && !next.startsWith('//') ? next : '/apps' })
    } catch (problem) {
      const refused = problem instanceof ApiError && problem.code === 'authentication_failed'
      setError(refused ? t('The email or the password is not right.') : explain(problem))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Frame title={() => t('Log in')} about={() => (next ? t('Your session ended. After logging in you are back where you were.') : t('To your apps and your knowledge.'))}>
      {() => (
        <form onSubmit={(event) => void submit(event)} className="space-y-4">
          <Field label={t('Email')}>
            {(id) => <Input id={id} type="email" required autoFocus autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />}
          </Field>
          <Field label={t('Password')} error={error}>
            {(id) => <Input id={id} type="password" required autoComplete="current-password" value={password} aria-invalid={!!error} onChange={(event) => setPassword(event.target.value)} />}
          </Field>
          <Button type="submit" look="primary" busy={busy} className="w-full">{t('Log in')}</Button>
        </form>
      )}
    </Frame>
  )
}
