import { useNavigate } from '@tanstack/react-router'
import { CircleCheck, FileUp, TriangleAlert } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { ApiError, post, send } from '@/api/client'
import { refresh } from '@/api/hooks'
import type { ImportReport } from '@/api/types'
import { t } from '@/lib/i18n'
import { explain } from '@/lib/toast'
import { Button } from '@/ui/button'

const LARGEST = 10 << 20

/** A report also comes with a refusal: then its error says why. */
async function importYaml(yaml: string): Promise<ImportReport> {
  try {
    return (await (await send('POST', '/apps/imports', { mode: 'yaml-content', yaml_content: yaml })).json()) as ImportReport
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 400) throw error
    return { id: '', status: 'failed', app_id: null, app_mode: null, imported_dsl_version: '', current_dsl_version: '', error: error.message, warnings: [] }
  }
}

const words = (warning: unknown): string => {
  if (typeof warning === 'string') return warning
  const { message, path } = (warning ?? {}) as { message?: string; path?: string }
  return [path, message].filter(Boolean).join(': ') || JSON.stringify(warning)
}

export function ImportFile({ file, onClose }: { file?: File | undefined; onClose: () => void }) {
  const navigate = useNavigate()
  const input = useRef<HTMLInputElement>(null)
  const [report, setReport] = useState<ImportReport>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const [over, setOver] = useState(false)

  const read = async (chosen: File) => {
    setReport(undefined)
    setProblem(undefined)
    if (chosen.size > LARGEST) return setProblem(t('This file is larger than 10 MB, more than an app file may be.'))
    setBusy(true)
    try {
      const got = await importYaml(await chosen.text())
      setReport(got)
      await refresh('/apps')
    } catch (error) {
      setProblem(explain(error))
    } finally {
      setBusy(false)
    }
  }
  useEffect(() => {
    if (file) void read(file)
    // Once: the file that was dropped on the page.
    // eslint-disable-next-line
  }, [file])
  const confirm = async () => setReport(await post<ImportReport>(`/apps/imports/${report?.id}/confirm`).catch((error: unknown) => { setProblem(explain(error)); return report }))
  const open = async () => {
    onClose()
    if (report?.app_id) await navigate({ to: '/apps/$appId', params: { appId: report.app_id } })
  }
  return (
    <div className="space-y-4">
      <button
        type="button"
        disabled={busy}
        onClick={() => input.current?.click()}
        onDragOver={(event) => { event.preventDefault(); setOver(true) }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => { event.preventDefault(); setOver(false); const dropped = event.dataTransfer.files[0]; if (dropped) void read(dropped) }}
        data-over={over}
        className="flex w-full flex-col items-center gap-2 rounded-xl border-2 border-dashed border-line-strong px-4 py-9 text-sm text-ink-2 hover:border-accent data-[over=true]:border-accent data-[over=true]:bg-soft"
      >
        <FileUp className="size-6 text-accent" aria-hidden />
        <span className="font-medium text-ink">{busy ? t('Reading…') : t('Drop an app file here, or choose one')}</span>
        <span className="text-xs">{t('.yml files of Edgewise and Dify')}</span>
      </button>
      <input ref={input} type="file" accept=".yml,.yaml" hidden onChange={(event) => { const chosen = event.target.files?.[0]; if (chosen) void read(chosen); event.target.value = '' }} />
      {problem && <p role="alert" className="rounded-lg bg-danger-soft p-3 text-sm text-danger">{problem}</p>}
      {report && <Report report={report} onConfirm={() => void confirm()} onOpen={() => void open()} />}
    </div>
  )
}

function Report({ report, onConfirm, onOpen }: { report: ImportReport; onConfirm: () => void; onOpen: () => void }) {
  const warnings = report.warnings ?? []
  if (report.status === 'failed') {
    return (
      <div role="alert" className="rounded-lg bg-danger-soft p-3 text-sm text-danger">
        <p className="font-semibold">{t('This file could not be imported')}</p>
        <p className="mt-1 break-words">{report.error}</p>
        <p className="mt-1">{t('An app file is the text that Edgewise or Dify exported, with the ending .yml. Choose another one; nothing was changed.')}</p>
      </div>
    )
  }
  return (
    <div className="space-y-3 rounded-xl border border-line p-4 text-sm">
      <p className="flex items-center gap-2 font-semibold">
        {warnings.length ? <TriangleAlert className="size-4 text-warn" aria-hidden /> : <CircleCheck className="size-4 text-accent" aria-hidden />}
        {report.status === 'pending' ? t('The file is of another version. Import it nevertheless?') : warnings.length ? t('Imported, with remarks') : t('Imported')}
      </p>
      {report.imported_dsl_version && <p className="text-ink-2">{t('File version {file}, ours {ours}', { file: report.imported_dsl_version, ours: report.current_dsl_version })}</p>}
      {warnings.length > 0 && <ul className="max-h-48 list-disc space-y-1 overflow-auto pl-5 text-ink-2">{warnings.map((warning, index) => <li key={index}>{words(warning)}</li>)}</ul>}
      <div className="flex justify-end">
        {report.status === 'pending' ? <Button look="primary" onClick={onConfirm}>{t('Import')}</Button> : <Button look="primary" onClick={onOpen}>{t('Open the app')}</Button>}
      </div>
    </div>
  )
}

