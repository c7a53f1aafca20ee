import { useMay } from '@/api/role'
import { getRouteApi, Link, Outlet } from '@tanstack/react-router'
import { ChevronLeft, Download, Ellipsis, ExternalLink } from 'lucide-react'
import { useGet, useAction } from '@/api/hooks'
import type { App } from '@/api/types'
import { t } from '@/lib/i18n'
import { exportApp } from '@/studio/card'
import { modeName } from '@/studio/modes'
import { Badge, Empty, Loaded } from '@/ui/bits'
import { IconButton, button } from '@/ui/button'
import { AppIcon } from '@/ui/icon'
import { Item, Menu } from '@/ui/menu'
import { LinkTabs, type Tab } from '@/ui/tabs'

const route = getRouteApi('/console/apps/$appId')

export const useApp = () => {
  const { appId } = route.useParams()
  return useGet<App>(`/apps/${appId}`)
}

/** Whether people talk with an app; else they fill it in, and it answers. */
export const isTalk = ({ mode }: App) => mode !== 'completion' && mode !== 'workflow'

/** Where people reach an app in a browser. */
export const pageOf = (app: App) => `${location.origin}/${isTalk(app) ? 'chat' : app.mode}/${app.site.code}`

export function AppLayout() {
  const { appId } = route.useParams()
  const query = useApp()
  const mayEdit = useMay('editor')
  const save = useAction((app: App) => exportApp(app))
  const tabs: Tab[] = [
    { to: '/apps/$appId', label: t('Build'), exact: true },
    { to: '/apps/$appId/annotations', label: t('Prepared answers') },
    { to: '/apps/$appId/share', label: t('Share') },
    { to: '/apps/$appId/api', label: t('API') },
    { to: '/apps/$appId/logs', label: t('Logs') },
    { to: '/apps/$appId/monitor', label: t('Monitor') },
  ]
  return (
    <Loaded query={query} shadow={<div className="h-25 border-b border-line" />}>
      {(app) => {
        const page = pageOf(app)
        const shown = isTalk(app) ? tabs : tabs.filter(({ to }) => !String(to).includes('annotations'))
        return (
          <div className="flex min-h-0 flex-1 flex-col">
            <div className="border-b border-line bg-paper px-4 pt-3 sm:px-6">
              <div className="mb-2.5 flex items-center gap-2.5">
                <Link to="/apps" aria-label={t('To the studio')} className="-ml-1.5 rounded-lg p-1 text-ink-3 hover:bg-sunken hover:text-ink"><ChevronLeft className="size-4.5" /></Link>
                <AppIcon icon={app.icon} background={app.icon_background} size="sm" />
                <h1 className="min-w-0 truncate text-lg">{app.name}</h1>
                <Badge>{modeName(app.mode)}</Badge>
                <div className="ml-auto flex items-center gap-1">
                  {app.enable_site && (
                    <a href={page} target="_blank" rel="noreferrer" className={button('quiet', true)}><ExternalLink aria-hidden /> <span className="max-sm:sr-only">{t('Open the page')}</span></a>
                  )}
                  {mayEdit && <Menu trigger={<IconButton label={t('More about {name}', { name: app.name })}><Ellipsis /></IconButton>}>
                    <Item onSelect={() => void save.run(app)}><Download /> {t('Export as a file')}</Item>
                  </Menu>}
                </div>
              </div>
              <LinkTabs tabs={mayEdit ? shown : []} params={{ appId }} label={t('Parts of the app')} />
            </div>
            {mayEdit ? <Outlet /> : <Empty icon={<ExternalLink />} title={t('You may use this app')} action={app.enable_site && <a href={page} className={button('primary')}>{t('Open the page')}</a>}>{app.description}</Empty>}
          </div>
        )
      }}
    </Loaded>
  )
}
