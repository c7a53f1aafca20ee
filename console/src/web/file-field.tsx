import { useEffect, useState } from 'react'
import { type FileOf, HeldFiles, useFiles } from '@/chat/files'
import { cx } from '@/lib/cx'
import { t } from '@/lib/i18n'
import { Input } from '@/ui/field'

export type GivenFile = FileOf | { type: string; transfer_method: 'remote_url'; url: string }

/** What a field takes, in the words of app files. */
export interface FieldRule {
  allowed_file_types?: string[]
  allowed_file_extensions?: string[]
  allowed_file_upload_methods?: string[]
  /** 1: the field is a file; more: a list of them. */
  most: number
}

interface Props {
  id: string
  name: string
  rule: FieldRule
  upload: (file: File) => Promise<{ id: string }>
  /** Nothing while a file is on its way. */
  hold: (name: string, given: GivenFile[] | undefined) => void
}

/** Files of this device, as many as the field takes, or the address of one. */
export function FileField({ id, name, rule, upload, hold }: Props) {
  const methods = rule.allowed_file_upload_methods ?? []
  const may = (method: string) => methods.length === 0 || methods.includes(method)
  const types = rule.allowed_file_types?.length ? rule.allowed_file_types : ['image', 'document', 'audio', 'video']
  const files = useFiles({ enabled: true, allowed_file_types: types, allowed_file_extensions: rule.allowed_file_extensions ?? [], number_limits: rule.most }, upload)
  const [url, setUrl] = useState('')
  const { held, ready } = files
  const linked = types[0] ?? 'document'
  useEffect(() => {
    const chosen = held.flatMap(({ id, kind }): GivenFile[] => (id ? [{ type: kind, transfer_method: 'local_file', upload_file_id: id }] : []))
    hold(name, ready ? [...chosen, ...(url ? [{ type: linked, transfer_method: 'remote_url' as const, url }] : [])] : undefined)
  }, [held, ready, url, name, linked, hold])
  const isFull = rule.most === 1 && (url ? 1 : 0) + held.length > 0
  return (
    <div className="space-y-2">
      <HeldFiles files={files} />
      {may('local_file') && (
        <input id={id} type="file" multiple={rule.most > 1} accept={files.allowed?.accept} disabled={isFull} className={cx('block w-full text-sm text-ink-3 file:mr-3 file:h-8.5 file:rounded-lg file:border file:border-line-strong file:bg-surface file:px-3 file:text-sm file:font-medium file:text-ink hover:file:bg-sunken', isFull && 'hidden')}
          onChange={(event) => { files.add(event.target.files ?? []); event.target.value = '' }} />
      )}
      {may('remote_url') && (
        <Input id={may('local_file') ? undefined : id} type="url" placeholder="https://" aria-label={t('The address of a file')} value={url}
          disabled={isFull && !url} onChange={(event) => setUrl(event.target.value)} />
      )}
    </div>
  )
}
