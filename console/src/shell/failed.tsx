import { Link } from '@tanstack/react-router'
import { CloudOff, Compass } from 'lucide-react'
import { t } from '@/lib/i18n'
import { explain } from '@/lib/toast'
import { Empty } from '@/ui/bits'
import { Button, button } from '@/ui/button'

export function Failed({ error }: { error: Error }) {
  return (
    <main className="grid min-h-dvh place-items-center">
      <Empty icon={<CloudOff />} title={t('This page could not be opened')} action={<Button look="primary" onClick={() => location.reload()}>{t('Try again')}</Button>}>
        {explain(error)}
      </Empty>
    </main>
  )
}

export function Missing() {
  return (
    <main className="grid min-h-dvh place-items-center">
      <Empty icon={<Compass />} title={t('There is no such page')} action={<Link to="/apps" className={button('primary')}>{t('To the studio')}</Link>} />
    </main>
  )
}
