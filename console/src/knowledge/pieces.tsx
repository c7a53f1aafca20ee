import { t } from '@/lib/i18n'

/** The children of a passage, by which it is found. */
export function Pieces({ texts }: { texts: string[] }) {
  if (texts.length === 0) return null
  return (
    <ul aria-label={t('Pieces')} className="mt-2 space-y-1 border-l-2 border-line pl-3">
      {texts.map((text, index) => <li key={index} className="text-xs break-words whitespace-pre-wrap text-ink-2">{text}</li>)}
    </ul>
  )
}
