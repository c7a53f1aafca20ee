import { get, post } from '@/api/client'
import type { App, DefaultModel, Mode, ModelConfig } from '@/api/types'
import { language } from '@/lib/i18n'
import type { Look } from './name-icon'

/** What a new app does, over the workspace's language model. */
async function newConfig(mode: Mode, extra: Partial<ModelConfig> = {}): Promise<ModelConfig> {
  const { data } = await get<DefaultModel>('/workspaces/current/default-model?model_type=llm')
  const model = { provider: data?.provider.provider ?? '', name: data?.model ?? '', mode: 'chat', completion_params: {} }
  const completion = mode === 'completion'
  return {
    model,
    prompt_type: 'simple',
    pre_prompt: completion ? '{{query}}' : '',
    user_input_form: completion ? [{ paragraph: { label: 'Text', variable: 'query', required: true, default: '' } }] : [],
    opening_statement: '',
    suggested_questions: [],
    suggested_questions_after_answer: { enabled: false },
    retriever_resource: { enabled: true },
    sensitive_word_avoidance: { enabled: false, type: '', config: {} },
    more_like_this: { enabled: false },
    dataset_query_variable: '',
    dataset_configs: { retrieval_model: 'multiple', top_k: 4, score_threshold_enabled: false, reranking_enable: false, datasets: { datasets: [] } },
    ...(mode === 'agent-chat' && { agent_mode: { enabled: true, strategy: 'function_call', max_iteration: 10, tools: [] } }),
    ...extra,
  }
}

/** Makes an app that works at once, its page in the language of whoever makes it. */
export async function makeApp(look: Look, mode: Mode, extra: Partial<ModelConfig> = {}): Promise<string> {
  const app = await post<App>('/apps', { ...look, mode, icon_type: 'emoji' })
  await post(`/apps/${app.id}/model-config`, await newConfig(mode, extra))
  if (language() !== 'en-US') await post(`/apps/${app.id}/site`, { default_language: language() })
  return app.id
}
