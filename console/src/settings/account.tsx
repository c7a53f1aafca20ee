import { useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { post } from '@/api/client'
import { client, refresh, useAction, useGet } from '@/api/hooks'
import type { Profile } from '@/api/types'
import { LANGUAGES, language, speak, t } from '@/lib/i18n'
import { useTheme, wear, type Theme } from '@/lib/theme'
import { say } from '@/lib/toast'
import { Card, Loaded } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Field, Input, Select } from '@/ui/field'

export function AccountPage() {
  const query = useGet<Profile>('/account/profile')
  return <Loaded query={query}>{(profile) => <><Person profile={profile} /><Password /><Everywhere /></>}</Loaded>
}

function Person({ profile }: { profile: Profile }) {
  const [name, setName] = useState(profile.name)
  const look = useTheme()
  const save = useAction(async () => {
    await post('/account/name', { name })
    await refresh('/account/profile')
    say(t('Saved'))
  })
  const talk = useAction(async (code: string) => {
    await post('/account/interface-language', { interface_language: code })
    await speak(code)
    location.reload()
  })
  const dress = useAction(async (choice: Theme) => {
    wear(choice)
    await post('/account/interface-theme', { interface_theme: choice })
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void save.run()
  }
  return (
    <Card className="space-y-4 p-5">
      <h2 className="text-xl">{t('Your account')}</h2>
      <form onSubmit={submit} className="flex items-end gap-2">
        <div className="flex-1"><Field label={t('Name')}>{(id) => <Input id={id} required value={name} onChange={(event) => setName(event.target.value)} />}</Field></div>
        <Button type="submit" busy={save.busy} disabled={name === profile.name}>{t('Save')}</Button>
      </form>
      <p className="text-sm text-ink-2">{profile.email}</p>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t('Language')}>{(id) => <Select id={id} value={language()} onChange={(event) => void talk.run(event.target.value)}>{LANGUAGES.map(({ code, name: label }) => <option key={code} value={code}>{label}</option>)}</Select>}</Field>
        <Field label={t('Theme')}>
          {(id) => <Select id={id} value={look} onChange={(event) => void dress.run(event.target.value as Theme)}><option value="system">{t('Like the system')}</option><option value="light">{t('Light')}</option><option value="dark">{t('Dark')}</option></Select>}
        </Field>
      </div>
    </Card>
  )
}

function Password() {
  const [form, setForm] = useState({ password: '', new_password: '' })
  const { run, busy, field } = useAction(async () => {
    await post('/account/password', { ...form, repeat_new_password: form.new_password })
    setForm({ password: '', new_password: '' })
    say(t('The password is changed. Other devices are logged out.'))
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <Card className="p-5">
      <h2 className="mb-4 text-xl">{t('Password')}</h2>
      <form onSubmit={submit} className="grid gap-4 sm:grid-cols-2">
        <Field label={t('Present password')}>{(id) => <Input id={id} type="password" required autoComplete="current-password" aria-invalid={field === 'password'} value={form.password} onChange={(event) => setForm({ ...form, password: event.target.value })} />}</Field>
        <Field label={t('New password')} hint={t('At least 8 characters, with letters and digits')}>{(id) => <Input id={id} type="password" required minLength={8} autoComplete="new-password" aria-invalid={field === 'new_password'} value={form.new_password} onChange={(event) => setForm({ ...form, new_password: event.target.value })} />}</Field>
        <div className="sm:col-span-2"><Button type="submit" busy={busy}>{t('Change the password')}</Button></div>
      </form>
    </Card>
  )
}

function Everywhere() {
  const navigate = useNavigate()
  const leave = useAction(async () => {
    await post('/logout-everywhere')
    client.clear()
    await navigate({ to: '/signin' })
  })
  return (
    <Card className="flex flex-wrap items-center justify-between gap-3 p-5">
      <div><h2 className="text-xl">{t('Log out everywhere')}</h2><p className="text-sm text-ink-2">{t('Ends every session of yours, on every device, this one too.')}</p></div>
      <Button look="danger" busy={leave.busy} onClick={() => void leave.run()}>{t('Log out everywhere')}</Button>
    </Card>
  )
}
