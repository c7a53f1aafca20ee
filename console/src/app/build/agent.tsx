import { Plus, Wrench, X } from 'lucide-react'
import { useState } from 'react'
import { useGet } from '@/api/hooks'
import type { AgentTool, ToolProvider } from '@/api/types'
import { t } from '@/lib/i18n'
import { Badge, Empty, Loaded, Switch } from '@/ui/bits'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field, Range, Select } from '@/ui/field'
import { Part, type PartProps } from './part'

/** As the server takes it where an app says nothing. */
const ROUNDS = 10

const isSame = (one: AgentTool, other: AgentTool) => one.provider_id === other.provider_id && one.tool_name === other.tool_name

/** A label is a word or a word in several languages. */
const words = (label: unknown, name: string): string =>
  typeof label === 'string' && label ? label : ((label as Record<string, string> | null)?.en_US ?? name)

/** How an agent goes about a question, and what it can do. */
export function AgentPart({ config, set }: PartProps) {
  const [choosing, setChoosing] = useState(false)
  const mode = config.agent_mode ?? { enabled: true }
  const tools = mode.tools ?? []
  const change = (next: Partial<typeof mode>) => set({ agent_mode: { ...mode, enabled: true, ...next } })
  return (
    <Part
      icon={<Wrench />}
      title={t('Tools')}
      about={tools.length ? '' : t('What the agent may do before it answers: calculate, look something up, call a service. Knowledge of the app is a tool by itself.')}
      action={<Button small look="quiet" onClick={() => setChoosing(true)}><Plus /> {t('Add a tool')}</Button>}
    >
      <div className="space-y-4">
        {tools.length > 0 && (
          <ul className="divide-y divide-line rounded-lg border border-line">
            {tools.map((tool, place) => tool.tool_name && (
              <li key={`${tool.provider_id}/${tool.tool_name}`} className="flex items-center gap-2 px-3 py-1.5 text-sm">
                <Switch label={t('Use {name}', { name: tool.tool_name })} on={tool.enabled} onChange={(enabled) => change({ tools: tools.map((one, at) => (at === place ? { ...one, enabled } : one)) })} />
                <span className="min-w-0 flex-1 truncate font-medium">{tool.tool_label || tool.tool_name}</span>
                <span className="truncate text-xs text-ink-3">{tool.provider_name || tool.provider_id}</span>
                <IconButton label={t('Remove {name}', { name: tool.tool_name })} onClick={() => change({ tools: tools.filter((_, at) => at !== place) })}><X /></IconButton>
              </li>
            ))}
          </ul>
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('Strategy')} hint={t('A model without functions is always asked in words.')}>
            {(id) => (
              <Select id={id} value={mode.strategy === 'react' || mode.strategy === 'cot' ? 'react' : 'function_call'} onChange={(event) => change({ strategy: event.target.value })}>
                <option value="function_call">{t('Function calls')}</option>
                <option value="react">{t('Reasoning in words (ReAct)')}</option>
              </Select>
            )}
          </Field>
          <Range label={t('Rounds at most')} min={1} max={99} step={1} value={mode.max_iteration ?? ROUNDS} onChange={(max_iteration) => change({ max_iteration })} />
        </div>
      </div>
      {choosing && <Choose chosen={tools} onChange={(next) => change({ tools: next })} onClose={() => setChoosing(false)} />}
    </Part>
  )
}

function Choose({ chosen, onChange, onClose }: { chosen: AgentTool[]; onChange: (tools: AgentTool[]) => void; onClose: () => void }) {
  const built = useGet<ToolProvider[]>('/workspaces/current/tools/builtin')
  const apis = useGet<ToolProvider[]>('/workspaces/current/tools/api')
  const servers = useGet<ToolProvider[]>('/workspaces/current/tools/mcp', { retry: false })
  return (
    <Dialog open onClose={onClose} title={t('Add a tool')}>
      <Loaded query={built}>
        {(list) => {
          const all = [...list, ...(apis.data ?? []), ...(servers.data ?? [])].flatMap((provider) => provider.tools.map((tool) => ({ provider, tool })))
          if (all.length === 0) return <Empty icon={<Wrench />} title={t('No tools here')} />
          return (
            <ul className="max-h-[60vh] space-y-2 overflow-y-auto">
              {all.map(({ provider, tool }) => {
                const label = words(tool.label, tool.name)
                const mine: AgentTool = { enabled: true, provider_type: provider.type, provider_id: provider.id, provider_name: provider.name, tool_name: tool.name, tool_label: label, tool_parameters: {} }
                const on = chosen.some((one) => isSame(one, mine))
                return (
                  <li key={`${provider.id}/${tool.name}`}>
                    <button type="button" aria-pressed={on} onClick={() => onChange(on ? chosen.filter((one) => !isSame(one, mine)) : [...chosen, mine])} className="w-full rounded-lg border border-line-strong px-3 py-2.5 text-left text-sm hover:bg-sunken aria-pressed:border-accent aria-pressed:bg-soft">
                      <span className="flex items-center gap-2"><span className="min-w-0 truncate font-medium">{label}</span> {provider.type !== 'builtin' && <Badge>{provider.name}</Badge>}</span>
                      <span className="mt-0.5 line-clamp-2 block text-xs text-ink-3">{words(tool.description, '')}</span>
                    </button>
                  </li>
                )
              })}
            </ul>
          )
        }}
      </Loaded>
      <div className="mt-4 flex justify-end"><Button look="primary" onClick={onClose}>{t('Done')}</Button></div>
    </Dialog>
  )
}
