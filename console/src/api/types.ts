// What the API answers, by the names that the console has for it. The types are made from the OpenAPI document
// (`cargo xtask types`); what stands here in full is open there: configurations, as app files hold them.
import type { components } from './schema'

type Schemas = components['schemas']

export interface Page<T> { data: T[]; page: number; limit: number; total: number; has_more: boolean }
export interface List<T> { data: T[] }

export type Role = Schemas['Account']['role']
export type Profile = Schemas['Account']
export type Setup = Schemas['SetupStatus']
export type InvitationCheck = Schemas['Invitation']
export type Member = Schemas['WorkspaceMember']
export type InvitationResult = Schemas['InvitationResult']
export type RestoreProgress = Schemas['RestoreProgress']
export type LogRetention = Schemas['LogRetention']
/** A call of a model. */
export type LoggedRequest = Schemas['LoggedRequest']
export type RequestPage = Schemas['RequestPage']
export type RequestTotal = Schemas['RequestTotal']

export type Mode = Schemas['App']['mode']
export type AppRow = Schemas['AppRow']
export type App = Omit<Schemas['App'], 'model_config'> & { model_config: ModelConfig | null }
export type Site = Schemas['AppSite']
export type Tag = Schemas['Tag'] & Partial<Schemas['CountedTag']>
export type ImportReport = Schemas['ImportReport']
export type ApiKey = Schemas['Key']

export type Draft = Omit<Schemas['Draft'], 'model_config'> & { model_config: ModelConfig }
export type Version = Schemas['VersionRow']
export type WholeVersion = Omit<Schemas['WholeVersion'], 'model_config'> & { model_config: ModelConfig }

export type Dataset = Schemas['Dataset']
export type RetrievalModel = Schemas['RetrievalShown']
export type Doc = Schemas['Document']
export type Progress = Schemas['Progress']
export type Segment = Schemas['Segment']
export type Hit = Schemas['Hit']
export type Estimate = Schemas['Estimated']

export type ProviderModels = Schemas['ProviderModels']
export type ModelRow = Schemas['WorkspaceModel']
export type Provider = Schemas['Provider']
/** A model that can run in the server itself. */
export type LocalModel = Schemas['LocalModel']
export type DefaultModel = Schemas['DefaultModel']

export type Annotation = Schemas['Annotation']
export type Job = Schemas['Job']

/** What an answer cites. */
export type Citation = Pick<Schemas['Resource'], 'position' | 'dataset_id' | 'dataset_name' | 'document_id' | 'document_name' | 'segment_id' | 'score' | 'content'>
/** A round of an agent. */
export type Thought = Pick<Schemas['AgentThought'], 'id' | 'position' | 'thought' | 'tool' | 'tool_input' | 'observation'>
export type Usage = Schemas['Usage']
export type Message = Schemas['LoggedMessage']
/** Completions come with their message. */
export type Conversation = Schemas['LoggedConversation'] & Partial<Pick<Schemas['LoggedCompletion'], 'message'>>
export type Trace = Schemas['Trace']
export type TraceHit = Schemas['TracedHit']

/** Where tools come from. */
export type McpServer = Schemas['McpRow']
export type ToolProvider = Schemas['BuiltIn'] | Schemas['ApiRow'] | Schemas['FlowRow'] | McpServer

export type WebSite = Schemas['WebSite']
export type Talk = Schemas['WebConversation']
export type Trigger = Schemas['Trigger']
export type Execution = Schemas['Execution']
export type LoggedRun = Schemas['LoggedRun']
export type RunDetail = Schemas['Run']
export type Waiting = Schemas['WaitingForCall']
export type PastMessage = Schemas['Message']
export type SavedMessage = Schemas['SavedMessage']

export type Feature = Schemas['Feature']

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
