import { Cpu, Download, RotateCw } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { post } from '@/api/client'
import { refresh, useAction, useGet } from '@/api/hooks'
import { useMay } from '@/api/role'
import type { List, LocalModel } from '@/api/types'
import { bytes } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge, Bar, Problem } from '@/ui/bits'
import { Button } from '@/ui/button'
import { kindNames } from './models'

const PATH = '/workspaces/current/models/local'

/** Models that run in the server itself; none where the runtime has no place for them. */
export function useLocal(): LocalModel[] {
  const { data } = useGet<List<LocalModel>>(PATH, {
    retry: false,
    refetchInterval: (query) => query.state.data?.data.some(({ state }) => state === 'downloading') && 700,
  })
  const rows = data?.data ?? []
  const ready = rows.filter(({ state }) => state === 'ready').length
  const before = useRef(ready)
  useEffect(() => {
    // What has come can be chosen now.
    if (ready > before.current) void refresh('/workspaces/current')
    before.current = ready
  }, [ready])
  return rows
}

/** Which there are, which are here, and how far the others are. */
export function LocalModels({ models }: { models: LocalModel[] }) {
  return <ul className="divide-y divide-line">{models.map((model) => <Row key={model.model} model={model} />)}</ul>
}

/** What a model is for, in the language of the console where it is a known one. */
function about({ model, about }: LocalModel): string {
  const known: Record<string, string> = {
    'all-minilm-l6-v2': t('Sentence embeddings, English, 22.7 M parameters; the default'),
    'smollm2-135m-instruct': t('Chat, English, 135 M parameters; the default: quick everywhere, knows little'),
    'smollm2-360m-instruct': t('Chat, English, 360 M parameters; some 400 MB of memory'),
    'smollm2-1.7b-instruct': t('Chat, English, 1.7 B parameters; some 2 GB of memory, wants a fast machine'),
    'all-minilm-l12-v2': t('Sentence embeddings, English, 33 M parameters; better and half as fast'),
    'bge-small-en-v1.5': t('Retrieval embeddings, English, 33 M parameters'),
    'e5-small-v2': t('Retrieval embeddings, English, 33 M parameters'),
    'gte-small': t('General embeddings, English, 33 M parameters'),
    'ms-marco-minilm-l6-v2': t('Reranker, English, 22.7 M parameters'),
    'ms-marco-minilm-l12-v2': t('Reranker, English, 33 M parameters; better and half as fast'),
  }
  return known[model] ?? about
}

function Row({ model }: { model: LocalModel }) {
  const mayManage = useMay('admin')
  const get = useAction(async () => {
    await post(`${PATH}/${encodeURIComponent(model.model)}/download`)
    await refresh(PATH)
  })
  const { state, download } = model
  const offered = mayManage && (state === 'absent' || state === 'failed')
  return (
    <li className="flex items-start gap-3 py-3">
      <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-soft text-soft-ink [&_svg]:size-4.5"><Cpu aria-hidden /></span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-1.5 text-sm font-semibold">
          {model.model} <Badge>{kindNames()[model.model_type] ?? model.model_type}</Badge>
          {state === 'ready' && <Badge tone="good">{t('on this server')}</Badge>}
          {state === 'restart' && <Badge tone="warn">{t('after the next start of the server')}</Badge>}
        </p>
        <p className="text-[13px] text-ink-2">{about(model)}</p>
        <p className="text-xs text-ink-3">{model.bytes > 0 && `${bytes(model.bytes)} · `}{model.licence}</p>
        {state === 'downloading' && (
          <>
            <Bar className="mt-2" share={download?.total ? download.bytes / download.total : 0} label={t('Downloading {name}', { name: model.model })} />
            <p className="mt-1 text-xs text-ink-2 tabular-nums">{download?.file ? far(download) : t('Looking for a source…')}</p>
          </>
        )}
        {state === 'failed' && <div className="mt-2"><Problem><span className="block font-semibold">{t('It did not come.')}</span> <span className="whitespace-pre-wrap">{download?.error}</span></Problem></div>}
      </div>
      {offered && <Button small look={model.default ? 'primary' : 'plain'} busy={get.busy} onClick={() => void get.run()}>{state === 'failed' ? <><RotateCw /> {t('Try again')}</> : <><Download /> {t('Download')}</>}</Button>}
    </li>
  )
}

const far = ({ file, bytes: here, total, bytes_per_second }: NonNullable<LocalModel['download']>) =>
  [file, total ? t('{here} of {total}', { here: bytes(here), total: bytes(total) }) : bytes(here), bytes_per_second > 0 && `${bytes(bytes_per_second)}/s`].filter(Boolean).join(' · ')
