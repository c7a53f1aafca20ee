import { LoaderCircle } from 'lucide-react'
import type { Doc } from '@/api/types'
import { t } from '@/lib/i18n'
import { Badge } from '@/ui/bits'

const DONE = ['completed', 'error', 'paused']

export const isBusy = (status: string) => !DONE.includes(status)

export function DocStatus({ document }: { document: Pick<Doc, 'indexing_status' | 'enabled' | 'archived'> }) {
  if (document.indexing_status === 'error') return <Badge tone="bad">{t('Failed')}</Badge>
  if (isBusy(document.indexing_status)) {
    const steps: Record<string, string> = { waiting: t('Waiting'), parsing: t('Reading'), cleaning: t('Cleaning'), splitting: t('Splitting'), indexing: t('Indexing') }
    return <Badge tone="warn"><LoaderCircle className="size-3 animate-spin" aria-hidden /> {steps[document.indexing_status] ?? document.indexing_status}</Badge>
  }
  if (document.archived) return <Badge>{t('Archived')}</Badge>
  return document.enabled ? <Badge tone="good">{t('Ready')}</Badge> : <Badge>{t('Off')}</Badge>
}
