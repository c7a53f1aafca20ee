import type { Mode } from '@/api/types'
import { t } from '@/lib/i18n'

export function modeName(mode: Mode): string {
  const names: Record<Mode, string> = {
    chat: t('Assistant'),
    'agent-chat': t('Agent'),
    'advanced-chat': t('Chatflow'),
    workflow: t('Workflow'),
    completion: t('Text generator'),
  }
  return names[mode]
}

/** Kinds whose editor is a prompt. */
export const isPromptApp = (mode: Mode) => mode === 'chat' || mode === 'completion' || mode === 'agent-chat'
