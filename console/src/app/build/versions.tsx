import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { post } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import type { App, ModelConfig, Version, WholeVersion } from '@/api/types'
import { moment } from '@/lib/format'
import { t } from '@/lib/i18n'
import { say } from '@/lib/toast'
import { Badge, Empty, Loaded } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { differences } from './diff'

interface Props { app: App; now: ModelConfig; onClose: () => void; onRestored: () => Promise<void> }

export function Versions({ app, now, onClose, onRestored }: Props) {
  const path = `/apps/${app.id}/model-config/versions`
  const query = useGet<{ data: Version[] }>(path, { staleTime: 0 })
  const [open, setOpen] = useState<string>()
  const restore = useAction(async (version: Version) => {
    await post(`${path}/${version.id}/restore`)
    await refresh(path)
    await onRestored()
    say(t('Restored, and published as a new version'))
    onClose()
  })
  return (
    <Dialog open onClose={onClose} as="side" title={t('Versions')} about={t('Each publishing keeps one. Differences are to what the editor shows now.')}>
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty icon={<RotateCcw />} title={t('Nothing was published here so far')} />
          ) : (
            <ol className="divide-y divide-line">
              {data.map((version) => (
                <li key={version.id} className="py-3">
                  <div className="flex items-center gap-2 text-sm">
                    <button type="button" aria-expanded={open === version.id} onClick={() => setOpen(open === version.id ? undefined : version.id)} className="font-medium hover:underline">{moment(version.created_at)}</button>
                    <span className="text-ink-3">{version.author_name}</span>
                    {version.is_current && <Badge tone="good">{t('Published')}</Badge>}
                    <Button small className="ml-auto" busy={restore.busy} onClick={() => void restore.run(version)}>{t('Restore')}</Button>
                  </div>
                  {open === version.id && <Changes path={`${path}/${version.id}`} now={now} />}
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Dialog>
  )
}

function Changes({ path, now }: { path: string; now: ModelConfig }) {
  const query = useGet<WholeVersion>(path, { staleTime: Infinity })
  return (
    <Loaded query={query}>
      {(version) => {
        const rows = differences(version.model_config ?? {}, now)
        if (rows.length === 0) return <p className="mt-2 text-[13px] text-ink-3">{t('The same as in the editor')}</p>
        return (
          <dl className="mt-2 space-y-2 text-xs">
            {rows.map(({ key, before, after }) => (
              <div key={key}>
                <dt className="mb-1 font-mono text-ink-3">{key}</dt>
                {before !== undefined && <dd className="rounded-t-md bg-danger-soft px-2 py-1 font-mono break-words whitespace-pre-wrap text-danger">− {before}</dd>}
                {after !== undefined && <dd className="rounded-b-md bg-soft px-2 py-1 font-mono break-words whitespace-pre-wrap text-soft-ink">+ {after}</dd>}
              </div>
            ))}
          </dl>
        )
      }}
    </Loaded>
  )
}
