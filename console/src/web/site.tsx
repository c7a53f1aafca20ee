import { useQuery } from '@tanstack/react-query'
import { Unplug } from 'lucide-react'
import { useEffect, useMemo, type ReactNode } from 'react'
import { ApiError } from '@/api/client'
import type { WebSite } from '@/api/types'
import { speak, t } from '@/lib/i18n'
import { Empty, Skeleton } from '@/ui/bits'
import { explain } from '@/lib/toast'
import { WebApp, type Parameters } from './client'
import { kept } from '@/lib/kept'

export interface Site { web: WebApp; info: WebSite; parameters: Parameters }

/** What an app's page needs before it can show anything; `undefined` until then. */
export function useSite(code: string) {
  const web = useMemo(() => new WebApp(code), [code])
  const query = useQuery({
    queryKey: ['site', code],
    staleTime: 60_000,
    queryFn: async (): Promise<Site> => {
      // One after the other: the first gets the passport that both need.
      const info = await web.call<WebSite>('GET', '/site')
      const parameters = await web.call<Parameters>('GET', '/parameters')
      if (!kept.get('edgewise-language') && info.site.default_language) await speak(info.site.default_language, false)
      return { web, info, parameters }
    },
  })
  const title = query.data?.info.site.title
  useEffect(() => {
    if (title) document.title = title
  }, [title])
  return query
}

export function SiteGate({ query, children }: { query: ReturnType<typeof useSite>; children: (site: Site) => ReactNode }) {
  if (query.data) return children(query.data)
  if (!query.error) return <div className="mx-auto max-w-2xl space-y-4 p-10" aria-busy><Skeleton className="h-10 w-1/2" /><Skeleton className="h-40" /></div>
  const status = query.error instanceof ApiError ? query.error.status : 0
  const words = status === 404 ? t('No app has this address. It may have got a new one.') : status === 403 ? t('This app is not published as a page.') : explain(query.error)
  return <main className="grid min-h-dvh place-items-center"><Empty icon={<Unplug />} title={t('Nobody is here')}>{words}</Empty></main>
}

/** Small print below an app. */
export function SmallPrint({ site }: { site: WebSite['site'] }) {
  const parts = [site.custom_disclaimer, site.copyright && `© ${site.copyright}`].filter(Boolean)
  const policy = /^https?:\/\//.test(site.privacy_policy ?? '') ? site.privacy_policy : undefined
  if (!parts.length && !policy) return null
  return (
    <p className="px-2 pt-2 text-center text-xs text-ink-3">
      {parts.join(' · ')} {policy && <a href={policy} target="_blank" rel="noopener noreferrer" className="underline">{t('Privacy policy')}</a>}
    </p>
  )
}
