import { t } from '@/lib/i18n'
import { KeyList } from './key-list'

export function KeysPage() {
  return (
    <>
      <KeyList path="/datasets/api-keys" title={t('Knowledge keys')} about={t('For programs that read and change knowledge, under /v1/datasets.')} />
      <KeyList path="/workspaces/current/model-keys" title={t('Model keys')} about={t('For programs that use the models of this workspace, under /openai/v1.')} />
      <p className="text-sm text-ink-3">{t('Keys of an app are on the API page of the app.')}</p>
    </>
  )
}
