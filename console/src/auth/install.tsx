import { useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { post } from '@/api/client'
import { client, useAction } from '@/api/hooks'
import { language, t } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Field, Input } from '@/ui/field'
import { Frame } from './frame'

/** The first run: makes the owner and logs in. */
export function Install() {
  const navigate = useNavigate()
  const [form, setForm] = useState({ name: '', email: '', password: '' })
  const [token, setToken] = useState('')
  const [wantsToken, setWantsToken] = useState(false)
  const { run, busy, field } = useAction(async () => {
    try {
      await post('/setup', { ...form, language: language(), ...(token && { setup_token: token }) })
    } catch (error) {
      // Installations on the edge have a secret, so that nobody else becomes the owner.
      if (error instanceof Error && /token/i.test(error.message)) setWantsToken(true)
      throw error
    }
    await post('/login', { email: form.email, password: form.password, remember_me: true })
    client.clear()
    await navigate({ to: '/apps' })
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  const entry = (key: keyof typeof form) => ({
    value: form[key],
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [key]: event.target.value }),
    'aria-invalid': field === key,
    required: true,
  })
  return (
    <Frame title={() => t('Welcome to Edgewise')} about={() => t('Make the owner of this installation. It takes half a minute, and everything stays on this machine.')}>
      {() => (
        <form onSubmit={submit} className="space-y-4">
          <Field label={t('Name')}>{(id) => <Input id={id} autoFocus autoComplete="name" {...entry('name')} />}</Field>
          <Field label={t('Email')}>{(id) => <Input id={id} type="email" autoComplete="username" {...entry('email')} />}</Field>
          <Field label={t('Password')} hint={t('At least 8 characters, with letters and digits')}>
            {(id) => <Input id={id} type="password" autoComplete="new-password" minLength={8} {...entry('password')} />}
          </Field>
          {wantsToken && (
            <Field label={t('Setup token')} hint={t('Printed by the command that deployed this installation')}>
              {(id) => <Input id={id} value={token} onChange={(event) => setToken(event.target.value)} />}
            </Field>
          )}
          <Button type="submit" look="primary" busy={busy} className="w-full">{t('Create the owner')}</Button>
        </form>
      )}
    </Frame>
  )
}
