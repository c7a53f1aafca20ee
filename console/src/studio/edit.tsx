import { useState, type FormEvent } from 'react'
import { put } from '@/api/client'
import { refresh, useAction } from '@/api/hooks'
import type { AppRow } from '@/api/types'
import { t } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { NameAndIcon } from './name-icon'

export function EditDialog({ app, onClose }: { app: AppRow; onClose: () => void }) {
  const [form, setForm] = useState({ name: app.name, description: app.description, icon: app.icon ?? '', icon_background: app.icon_background ?? '#E2EFE9' })
  const { run, busy, field } = useAction(async () => {
    await put(`/apps/${app.id}`, { ...form, icon_type: 'emoji' })
    await refresh('/apps')
    onClose()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <Dialog open onClose={onClose} title={t('Name and icon')}>
      <form onSubmit={submit} className="space-y-4">
        <NameAndIcon form={form} onChange={setForm} wrong={field} />
        <div className="flex justify-end gap-2"><Button onClick={onClose}>{t('Cancel')}</Button><Button type="submit" look="primary" busy={busy}>{t('Save')}</Button></div>
      </form>
    </Dialog>
  )
}
