import { useMay } from '@/api/role'
import { getRouteApi, Link, Outlet } from '@tanstack/react-router'
import { BookOpenText, ChevronLeft } from 'lucide-react'
import { useGet } from '@/api/hooks'
import type { Dataset } from '@/api/types'
import { t } from '@/lib/i18n'
import { Loaded } from '@/ui/bits'
import { LinkTabs, type Tab } from '@/ui/tabs'

const route = getRouteApi('/console/knowledge/$datasetId')

export const useDataset = () => {
  const { datasetId } = route.useParams()
  return { id: datasetId, query: useGet<Dataset>(`/datasets/${datasetId}`) }
}

export function DatasetLayout() {
  const { id, query } = useDataset()
  const mayEdit = useMay('editor')
  const tabs: Tab[] = [
    { to: '/knowledge/$datasetId', label: t('Documents'), exact: true },
    { to: '/knowledge/$datasetId/add', label: t('Add') },
    { to: '/knowledge/$datasetId/test', label: t('Try the search') },
    { to: '/knowledge/$datasetId/settings', label: t('Settings') },
  ]
  return (
    <Loaded query={query} shadow={<div className="h-25 border-b border-line" />}>
      {(dataset) => (
        <>
          <div className="border-b border-line px-4 pt-3 sm:px-6">
            <div className="mb-2.5 flex items-center gap-2.5">
              <Link to="/knowledge" aria-label={t('All knowledge')} className="-ml-1.5 rounded-lg p-1 text-ink-3 hover:bg-sunken hover:text-ink"><ChevronLeft className="size-4.5" /></Link>
              <span className="grid size-7 place-items-center rounded-lg bg-soft text-soft-ink"><BookOpenText className="size-4" aria-hidden /></span>
              <h1 className="min-w-0 truncate text-lg">{dataset.name}</h1>
            </div>
            <LinkTabs tabs={mayEdit ? tabs : tabs.filter(({ to }) => !/add|settings/.test(String(to)))} params={{ datasetId: id }} label={t('Parts of the knowledge base')} />
          </div>
          <div className="mx-auto w-full max-w-5xl px-4 py-6 sm:px-6"><Outlet /></div>
        </>
      )}
    </Loaded>
  )
}
