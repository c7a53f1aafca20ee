import { Download, FileUp } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { ApiError, get, uploadRaw } from '@/api/client'
import { client, useAction } from '@/api/hooks'
import type { RestoreProgress } from '@/api/types'
import { bytes, date } from '@/lib/format'
import { t } from '@/lib/i18n'
import { explain } from '@/lib/toast'
import { Badge, Bar, Card, Problem } from '@/ui/bits'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

const PATH = '/workspaces/current'

/** Everything of a workspace as one file, and back. */
export function BackupPage() {
  return <><Save /><Restore /></>
}

function Save() {
  const save = useAction(async () => {
    // The browser fetches the file itself, however large; first the session is made to hold.
    await get('/account/profile')
    Object.assign(document.createElement('a'), { href: `/console/api${PATH}/backup`, download: 'edgewise.backup' }).click()
  })
  return (
    <Card className="flex flex-wrap items-center justify-between gap-4 p-5">
      <div className="max-w-xl">
        <h2 className="text-xl">{t('Backup')}</h2>
        <p className="mt-0.5 text-sm text-ink-2">{t('One file with the apps, the knowledge, its files and indexes, the logs and the API keys. Accounts and the keys of model providers are left out.')}</p>
      </div>
      <Button look="primary" busy={save.busy} onClick={() => void save.run()}><Download /> {t('Download the backup')}</Button>
    </Card>
  )
}

/** What the last restore of this workspace has come to; none is no failure. */
async function last(): Promise<RestoreProgress | undefined> {
  try {
    return await get<RestoreProgress>(`${PATH}/restore`)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

function Restore() {
  const file = useRef<HTMLInputElement>(null)
  const [chosen, setChosen] = useState<File>()
  const [share, setShare] = useState<number>()
  const [problem, setProblem] = useState<string>()
  const [state, setState] = useState<RestoreProgress>()
  const running = state?.status === 'running'
  useEffect(() => {
    last().then(setState, (error: unknown) => setProblem(explain(error)))
  }, [])
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => {
      void last().then((next) => {
        setState(next)
        if (next?.status === 'completed') void client.invalidateQueries()
      }, () => undefined)
    }, 1000)
    return () => clearInterval(timer)
  }, [running])
  const start = async (bundle: File) => {
    setChosen(undefined)
    setProblem(undefined)
    setShare(0)
    try {
      setState(await uploadRaw<RestoreProgress>(`${PATH}/restore`, bundle, setShare))
    } catch (error) {
      setProblem(explain(error))
    } finally {
      setShare(undefined)
    }
  }
  return (
    <Card className="space-y-4 p-5">
      <div className="flex flex-wrap items-center justify-between gap-4">
        <div className="max-w-xl">
          <h2 className="text-xl">{t('Restore')}</h2>
          <p className="mt-0.5 text-sm text-ink-2">{t('Into a workspace that has no apps and no knowledge yet: a new installation, on any runtime.')}</p>
        </div>
        <Button busy={share !== undefined} disabled={running} onClick={() => file.current?.click()}><FileUp /> {t('Choose a backup')}</Button>
        <input ref={file} type="file" hidden aria-label={t('Choose a backup')} onChange={(event) => { setChosen(event.target.files?.[0]); event.target.value = '' }} />
      </div>
      {problem && <Problem>{problem}</Problem>}
      {share !== undefined && <Progress label={t('Sending the file')} share={share} />}
      {running && <Progress label={t('Restoring: {done} of {parts} parts', { done: state.done, parts: state.parts })} share={state.done / Math.max(1, state.parts)} />}
      {state?.status === 'completed' && <p className="flex flex-wrap items-center gap-2 text-sm"><Badge tone="good">{t('Restored')}</Badge> {date(state.created_at)} · {t('Enter the keys of your model providers again; they are in no backup.')}</p>}
      {state?.status === 'error' && <Problem>{t('The restore ended early: {why}', { why: state.error ?? '' })}</Problem>}
      {chosen && (
        <Dialog open onClose={() => setChosen(undefined)} title={t('Restore this backup?')} about={t('Everything in it is added to this workspace.')}>
          <p className="rounded-lg bg-sunken px-3 py-2 text-sm break-words">{chosen.name} · {bytes(chosen.size)}</p>
          <div className="mt-4 flex justify-end gap-2"><Button onClick={() => setChosen(undefined)}>{t('Cancel')}</Button><Button look="primary" onClick={() => void start(chosen)}>{t('Restore')}</Button></div>
        </Dialog>
      )}
    </Card>
  )
}

const Progress = ({ label, share }: { label: string; share: number }) => (
  <div className="space-y-1.5">
    <p className="text-[13px] text-ink-2">{label}</p>
    <Bar share={share} label={label} />
  </div>
)
