// What the console API answers, as far as the console reads it.

export interface Page<T> { data: T[]; page: number; limit: number; total: number; has_more: boolean }

export type Mode = 'chat' | 'agent-chat' | 'advanced-chat' | 'workflow' | 'completion' | 'agent'
export type Role = 'owner' | 'admin' | 'editor' | 'normal'

export interface Profile {
  id: string
  name: string
  email: string
  interface_language: string
  interface_theme: string
  role?: Role
}

export interface Site {
  code: string
  title: string | null
  description: string | null
  default_language: string | null
  chat_color_theme: string | null
  copyright: string | null
  privacy_policy: string | null
  custom_disclaimer: string | null
  input_placeholder: string | null
}

export interface AppRow {
  id: string
  name: string
  description: string
  mode: Mode
  icon: string | null
  icon_background: string | null
  author_name: string | null
  created_at: number
  updated_at: number
  tags: Tag[]
}

export interface App extends AppRow {
  enable_site: boolean
  enable_api: boolean
  icon_type: string | null
  model_config: ModelConfig | null
  site: Site
}

export interface Tag { id: string; name: string; type: string; binding_count?: string }

export interface Feature { enabled: boolean; [key: string]: unknown }

export interface InputField {
  label: string
  variable: string
  required: boolean
  max_length?: number
  default?: string
  options?: string[]
  hide?: boolean
}

export type InputEntry = Record<string, InputField>

/** A tool of an agent, as app files name it. */
export interface AgentTool {
  enabled: boolean
  provider_type: string
  provider_id: string
  provider_name?: string
  tool_name: string
  tool_label?: string
  tool_parameters: Record<string, unknown>
}

/** Where tools come from. */
export interface ToolProvider {
  id: string
  name: string
  type: 'builtin' | 'api'
  tools: { name: string; label?: unknown; description?: unknown }[]
}

export interface ModelConfig {
  model?: { provider: string; name: string; mode: string; completion_params: Record<string, unknown> }
  prompt_type?: string
  pre_prompt?: string
  user_input_form?: InputEntry[]
  opening_statement?: string
  suggested_questions?: string[]
  suggested_questions_after_answer?: Feature
  retriever_resource?: Feature
  sensitive_word_avoidance?: Feature
  more_like_this?: Feature
  agent_mode?: { enabled: boolean; strategy?: string | null; max_iteration?: number; tools?: AgentTool[]; [key: string]: unknown }
  memory?: { window?: { enabled: boolean; size: number } }
  dataset_query_variable?: string
  dataset_configs?: {
    retrieval_model?: string
    top_k?: number
    score_threshold_enabled?: boolean
    score_threshold?: number
    reranking_enable?: boolean
    datasets?: { datasets: { dataset: { id: string; enabled: boolean } }[] }
    [key: string]: unknown
  }
  [key: string]: unknown
}

export interface Draft { model_config: ModelConfig; hash: string | null; updated_at: number; is_draft: boolean }
export interface Version { id: string; created_at: number; author_name: string | null; is_current: boolean; model_config?: ModelConfig }

export interface RetrievalModel {
  search_method: string
  reranking_enable: boolean
  top_k: number
  score_threshold_enabled: boolean
  score_threshold: number | null
  [key: string]: unknown
}

export interface Dataset {
  id: string
  name: string
  description: string
  indexing_technique: string | null
  embedding_model: string | null
  embedding_model_provider: string | null
  embedding_available: boolean
  document_count: number
  word_count: number
  app_count: number
  updated_at: number
  retrieval_model_dict: RetrievalModel
}

export interface Doc {
  id: string
  name: string
  indexing_status: string
  display_status: string
  error: string | null
  enabled: boolean
  archived: boolean
  word_count: number
  tokens: number
  hit_count: number
  segment_count?: number
  created_at: number
  data_source_detail_dict?: { upload_file?: { size: number; extension: string } }
}

export interface Progress { id: string; indexing_status: string; error: string | null; completed_segments: number; total_segments: number }

export interface Segment {
  id: string
  position: number
  document_id: string
  content: string
  word_count: number
  tokens: number
  hit_count: number
  enabled: boolean
  status: string
  document?: { id: string; name: string }
}

export interface Hit { segment: Segment; score: number | null; [key: string]: unknown }

export interface ModelRow { model: string; model_type: string; status: string }
export interface ProviderModels { provider: string; models: ModelRow[] }

export interface Provider {
  provider: string
  supported_model_types: string[]
  dialect: string | null
  base_url: string | null
  models: (string | { model: string; model_type: string })[] | null
}

export interface ApiKey { id: string; type: string; token: string; last_used_at: number | null; created_at: number }

export interface Member { id: string; name: string; email: string; role: Role; status: 'active' | 'pending'; last_login_at: number | null }

export interface ImportReport {
  id: string
  status: 'completed' | 'completed-with-warnings' | 'pending' | 'failed'
  app_id: string | null
  app_mode: Mode | null
  imported_dsl_version: string
  current_dsl_version: string
  error: string
  warnings?: unknown[]
}

export interface Annotation { id: string; question: string; answer: string; hit_count: number; created_at: number }

export interface Message {
  id: string
  conversation_id: string
  query: string
  answer: string
  error: string | null
  inputs: Record<string, unknown>
  feedbacks: { rating: string; content: string | null; from_source: string }[]
  annotation: { id: string; question: string; content: string } | null
  retriever_resources: import('./sse').Citation[]
  agent_thoughts?: import('./sse').Thought[]
  message_tokens: number
  answer_tokens: number
  total_price: string | null
  provider_response_latency: number
  time_to_first_token: number | null
  model: string
  created_at: number
}

export interface Conversation {
  id: string
  name: string
  summary: string
  from_source: string
  from_end_user_session_id: string | null
  message_count: number
  annotated: boolean
  user_feedback_stats: { like: number; dislike: number }
  admin_feedback_stats: { like: number; dislike: number }
  created_at: number
  updated_at: number
  message?: Message
}

export interface Trace {
  model: { provider: string; name: string } | null
  parameters: Record<string, unknown>
  prompt: { role: string; text: string }[]
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  estimated: boolean
  context_window: number | null
  history_rounds: number
  passages_used: number
  retrieval: { query: string; hits: TraceHit[] } | null
  source: string
  timing: { gather_ms?: number; retrieval_ms?: number; first_token_ms?: number; total_ms?: number } | null
}

export interface TraceHit {
  position: number
  score: number | null
  used: boolean
  document_name: string
  dataset_name: string
  segment_position: number
  content: string
}
