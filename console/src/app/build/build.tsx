import { Workflow } from 'lucide-react'
import { useGet } from '@/api/hooks'
import type { App, Draft } from '@/api/types'
import { t } from '@/lib/i18n'
import { exportApp } from '@/studio/card'
import { isPromptApp } from '@/studio/modes'
import { Empty, Loaded } from '@/ui/bits'
import { Button } from '@/ui/button'
import { useApp } from '../layout'
import { Editor } from './editor'
import { Triggers } from './triggers'

export function Build() {
  const query = useApp()
  return <Loaded query={query}>{(app) => (isPromptApp(app.mode) ? <Prompt key={app.id} app={app} /> : <Graph app={app} />)}</Loaded>
}

function Prompt({ app }: { app: App }) {
  // What another tab saves is not put under the hands of whoever types here.
  const query = useGet<Draft>(`/apps/${app.id}/model-config/draft`, { staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false })
  return <div className="flex min-h-0 flex-1 flex-col px-4 py-5 sm:px-6"><Loaded query={query}>{(draft) => <Editor app={app} draft={draft} />}</Loaded></div>
}

/** Graph apps are imported, run and exported; they are drawn elsewhere. */
function Graph({ app }: { app: App }) {
  return (
    <>
      <Empty icon={<Workflow />} title={t('This app is a graph')} action={<Button onClick={() => void exportApp(app)}>{t('Export as a file')}</Button>}>
        {t('It runs through its page and its API. To change it, edit its app file and import it again.')}
      </Empty>
      <Triggers app={app} />
    </>
  )
}
