import { get } from '@/api/client'
import type { Mode, ModelConfig } from '@/api/types'

interface DefaultModel { data: { model: string; provider: { provider: string } } | null }

/** What a new app does, over the workspace's language model. */
export async function newConfig(mode: Mode, extra: Partial<ModelConfig> = {}): Promise<ModelConfig> {
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
    ...extra,
  }
}
