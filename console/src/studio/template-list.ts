import type { Mode, ModelConfig } from '@/api/types'
import { t } from '@/lib/i18n'

export interface Template {
  name: string
  about: string
  mode: Mode
  icon: string
  colour: string
  config: Partial<ModelConfig>
  /** A document that comes with it. */
  sample?: { title: string; name: string; text: string }
}

const text = (label: string, variable: string, kind = 'paragraph', extra = {}) => ({ [kind]: { label, variable, required: true, default: '', ...extra } })

export const templates = (): Template[] => [
  {
    name: t('Knowledge assistant'),
    about: t('Answers from your documents and cites them. Comes with a sample document to try at once.'),
    mode: 'chat',
    icon: '📚',
    colour: '#E2EFE9',
    sample: { title: t('House rules'), name: 'house-rules.md', text: SAMPLE },
    config: {
      pre_prompt: t('You are a helpful assistant. Answer from the given context only, in short and plain sentences. If the context does not hold the answer, say so.'),
      opening_statement: t('Hello! Ask me about the guest house: keys, breakfast, bicycles, the garden.'),
      suggested_questions: [t('Where do I leave the key?'), t('When does the garden close?'), t('How do I set the heating?')],
    },
  },
  {
    name: t('Support desk'),
    about: t('A friendly first answer for customers, with a clear way to a person.'),
    mode: 'chat',
    icon: '🤝',
    colour: '#FBF0DC',
    config: {
      pre_prompt: t('You are the support assistant of {{company}}. Be friendly and brief. Ask one question at a time. When a request is about money or a contract, offer to hand over to a person.'),
      user_input_form: [text(t('Company'), 'company', 'text-input', { max_length: 48 })],
      opening_statement: t('Hello! What can I help you with?'),
    },
  },
  {
    name: t('Summariser'),
    about: t('A long text in, its main points out.'),
    mode: 'completion',
    icon: '📝',
    colour: '#E4ECF7',
    config: {
      pre_prompt: t('Summarise the following text in at most five bullet points.\n\n{{text}}'),
      user_input_form: [text(t('Text'), 'text')],
    },
  },
  {
    name: t('Translator'),
    about: t('Translates into a chosen language and keeps the tone.'),
    mode: 'completion',
    icon: '🌍',
    colour: '#EFE8F5',
    config: {
      pre_prompt: t('Translate the following text into {{language}}. Keep its tone and its formatting; answer with the translation only.\n\n{{text}}'),
      user_input_form: [text(t('Language'), 'language', 'select', { options: ['English', '中文', 'Deutsch', 'Español', 'Français'] }), text(t('Text'), 'text')],
    },
  },
]

const SAMPLE = `# House rules of the guest house at the lake

## Keys
Each room has one key. Leave the key in the blue box beside the front door when you go. A lost key costs 25 euros.

## Breakfast
Breakfast is served from 7:30 to 10:00 in the winter garden. On Sundays it begins at 8:00. Tell the kitchen the evening before if you need something without gluten or milk.

## Bicycles
Guests may borrow a bicycle for free. Six bicycles stand behind the house; helmets hang in the hall. Bring the bicycle back before dark.

## Garden and lake
The garden closes at 22:00. Swimming is allowed at your own risk. The boat may be used with a life jacket only.

## Heating
The heating of a room is set with the wheel below the window. In the night it lowers itself to 17 degrees.
`
