// Files that go along with a question: taken in as they are chosen, named when the question is asked.
import { FileText, ImageIcon, LoaderCircle, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { t } from '@/lib/i18n'
import { explain, say } from '@/lib/toast'

export interface FileRule { enabled?: boolean; allowed_file_types?: string[]; allowed_file_extensions?: string[]; number_limits?: number; image?: { enabled?: boolean; number_limits?: number } }

/** A file as a question names it. */
export interface FileOf { type: string; transfer_method: 'local_file'; upload_file_id: string }

interface Held { key: number; name: string; kind: string; preview?: string; id?: string }

export interface Sent { name: string; kind: string }

const KINDS: Record<string, string> = { image: 'image/*', audio: 'audio/*', video: 'video/*', document: '.txt,.md,.markdown,.pdf,.html,.xlsx,.xls,.docx,.csv,.eml,.msg,.pptx,.ppt,.xml,.epub' }

/** What may be chosen: how many, and which; nothing when the app takes no files. */
export function allowance(rule: FileRule | undefined): { most: number; accept: string; types: string[]; extensions: string[] } | undefined {
  if (rule?.enabled) {
    const types = rule.allowed_file_types?.length ? rule.allowed_file_types : ['image', 'document']
    const extensions = types.includes('custom') ? (rule.allowed_file_extensions ?? []).map((end) => `.${end.replace(/^\./, '').toLowerCase()}`) : []
    return { most: rule.number_limits ?? 3, accept: [...types.map((type) => KINDS[type] ?? ''), ...extensions].filter(Boolean).join(','), types, extensions }
  }
  if (rule?.image?.enabled) return { most: rule.image.number_limits ?? 3, accept: 'image/*', types: ['image'], extensions: [] }
  return undefined
}

const kindOf = (file: File) => /^(image|audio|video)\//.exec(file.type)?.[1] ?? 'document'

export function useFiles(rule: FileRule | undefined, upload: (file: File) => Promise<{ id: string }>) {
  const allowed = allowance(rule)
  const [held, setHeld] = useState<Held[]>([])
  const next = useRef(1)
  const drop = (key: number) =>
    setHeld((all) => all.filter((file) => {
      if (file.key === key && file.preview) URL.revokeObjectURL(file.preview)
      return file.key !== key
    }))
  const add = (files: Iterable<File>) => {
    if (!allowed) return
    let room = allowed.most - held.length
    for (const file of files) {
      const kind = kindOf(file)
      const custom = allowed.extensions.some((end) => file.name.toLowerCase().endsWith(end))
      if (!custom && !allowed.types.includes(kind)) {
        say(t('{name}: this app does not take files of this kind.', { name: file.name }), { kind: 'bad' })
        continue
      }
      if (room-- <= 0) {
        say(t('At most {count} files with a question.', { count: allowed.most }), { kind: 'bad' })
        return
      }
      const key = next.current++
      setHeld((all) => [...all, { key, name: file.name, kind: custom ? 'custom' : kind, ...(kind === 'image' && { preview: URL.createObjectURL(file) }) }])
      upload(file).then(
        ({ id }) => setHeld((all) => all.map((one) => (one.key === key ? { ...one, id } : one))),
        (error: unknown) => {
          drop(key)
          say(`${file.name}: ${explain(error)}`, { kind: 'bad' }, 9_000)
        },
      )
    }
  }
  const ready = held.every(({ id }) => id)
  /** What is held, which is then no longer held. */
  const take = (): { files: FileOf[]; sent: Sent[] } => {
    const files = held.flatMap(({ id, kind }): FileOf[] => (id ? [{ type: kind, transfer_method: 'local_file', upload_file_id: id }] : []))
    const sent = held.map(({ name, kind }) => ({ name, kind }))
    for (const { key } of held) drop(key)
    return { files, sent }
  }
  return { allowed, held, add, drop, take, ready }
}

export type Files = ReturnType<typeof useFiles>

/** Above the line that is typed. */
export function HeldFiles({ files }: { files: Files }) {
  if (files.held.length === 0) return null
  return (
    <ul aria-label={t('Files')} className="flex flex-wrap gap-1.5 px-1 pt-1 pb-2">
      {files.held.map((file) => (
        <li key={file.key} className="inline-flex h-9 max-w-56 items-center gap-2 rounded-lg border border-line bg-sunken pr-1 pl-1.5 text-xs text-ink-2">
          {!file.id ? <LoaderCircle className="size-4 shrink-0 animate-spin" aria-label={t('Sending the file')} /> : file.preview ? <img src={file.preview} alt="" className="size-6 shrink-0 rounded object-cover" /> : <FileText className="size-4 shrink-0" aria-hidden />}
          <span className="min-w-0 truncate">{file.name}</span>
          <button type="button" aria-label={t('Remove {name}', { name: file.name })} onClick={() => files.drop(file.key)} className="rounded p-1 text-ink-3 hover:bg-surface hover:text-ink"><X className="size-3.5" /></button>
        </li>
      ))}
    </ul>
  )
}

/** Beside a question that was asked. */
export const SentFiles = ({ list }: { list: Sent[] }) => (
  <ul aria-label={t('Files')} className="ml-auto flex w-fit max-w-[85%] flex-wrap justify-end gap-1.5">
    {list.map(({ name, kind }, at) => (
      <li key={at} className="inline-flex h-7 max-w-56 items-center gap-1.5 rounded-lg border border-line bg-surface px-2 text-xs text-ink-2 [&_svg]:size-3.5 [&_svg]:shrink-0">{kind === 'image' ? <ImageIcon aria-hidden /> : <FileText aria-hidden />} <span className="truncate">{name}</span></li>
    ))}
  </ul>
)
