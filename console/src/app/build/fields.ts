import type { InputField, ModelConfig } from '@/api/types'

export interface Entry { kind: string; field: InputField }

/** The form of an app, one entry after the other. */
export const entries = (config: Pick<ModelConfig, 'user_input_form'>): Entry[] =>
  (config.user_input_form ?? []).flatMap((entry) => Object.entries(entry).slice(0, 1).map(([kind, field]) => ({ kind, field })))

/** Names of variables in a prompt, each once. */
export const named = (prompt: string): string[] => [...new Set([...prompt.matchAll(/\{\{([A-Za-z_]\w*)\}\}/g)].map(([, name]) => name ?? ''))]

/** Whether a name will do for a variable. */
export const goodName = (name: string) => /^[A-Za-z_]\w{0,29}$/.test(name)
