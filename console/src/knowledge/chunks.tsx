import { useQuery } from '@tanstack/react-query'
import { post } from '@/api/client'
import type { Estimate } from '@/api/types'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Loaded } from '@/ui/bits'
import { Dialog } from '@/ui/dialog'
import { Pieces } from './pieces'
import { ruleOf, type Rule } from './rules'

/** The chunks that a file would become, before anything is kept. */
export function ChunkPreview({ file, rule, onClose }: { file: File; rule: Rule; onClose: () => void }) {
  const query = useQuery({
    queryKey: ['estimate', file.name, file.size, JSON.stringify(rule)],
    retry: false,
    queryFn: () => {
      const form = new FormData()
      form.append('data', JSON.stringify({ process_rule: ruleOf(rule), limit: 30 }))
      form.append('file', file)
      return post<Estimate>('/datasets/indexing-estimate', form)
    },
  })
  return (
    <Dialog open onClose={onClose} as="side" title={file.name} about={t('What would be indexed. Nothing is kept so far.')}>
      <Loaded query={query}>
        {(estimate) => (
          <>
            <p className="mb-3 text-sm text-ink-2">{t('{chunks} chunks, {tokens} tokens', { chunks: number(estimate.total_segments), tokens: number(estimate.tokens) })}</p>
            <ol className="space-y-2.5">
              {estimate.preview.map((chunk, index) => (
                <li key={index} className="rounded-lg border border-line p-3">
                  <p className="mb-1 text-xs text-ink-3">#{index + 1} · {t('{count} tokens', { count: chunk.tokens })}</p>
                  <p className="text-[13px] break-words whitespace-pre-wrap">{chunk.content}</p>
                  <Pieces texts={chunk.child_chunks} />
                </li>
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </Dialog>
  )
}
