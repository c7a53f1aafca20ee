import { useMay } from '@/api/role'
import { Outlet } from '@tanstack/react-router'
import { t } from '@/lib/i18n'
import { LinkTabs, type Tab } from '@/ui/tabs'

export function SettingsLayout() {
  const mayManage = useMay('admin')
  const owns = useMay('owner')
  const tabs: Tab[] = [
    { to: '/settings', label: t('Models'), exact: true },
    ...(mayManage ? [{ to: '/settings/tools' as const, label: t('Tools') }, { to: '/settings/keys' as const, label: t('API keys') }] : []),
    { to: '/settings/members', label: t('Members') },
    ...(mayManage ? [{ to: '/settings/requests' as const, label: t('Requests') }, { to: '/settings/log-retention' as const, label: t('Log retention') }] : []),
    ...(owns ? [{ to: '/settings/backup' as const, label: t('Backup') }] : []),
    { to: '/settings/account', label: t('Your account') },
  ]
  return (
    <>
      <div className="border-b border-line px-4 pt-5 sm:px-6">
        <div className="mx-auto max-w-4xl">
          <h1 className="mb-4 text-3xl">{t('Settings')}</h1>
          <LinkTabs tabs={tabs} params={{}} label={t('Settings')} />
        </div>
      </div>
      <div className="px-4 py-6 sm:px-6"><div className="mx-auto max-w-4xl space-y-5"><Outlet /></div></div>
    </>
  )
}
