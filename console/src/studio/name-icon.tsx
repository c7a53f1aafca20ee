import { t } from '@/lib/i18n'
import { cx } from '@/lib/cx'
import { Field, Input, Textarea } from '@/ui/field'
import { AppIcon } from '@/ui/icon'

export interface Look { name: string; description: string; icon: string; icon_background: string }

const ICONS = ['💬', '📚', '🧭', '🛠️', '📝', '🔎', '🧪', '🎓', '⚖️', '🩺', '🌍', '🤝']
const COLOURS = ['#E2EFE9', '#FBF0DC', '#FAE9E6', '#E4ECF7', '#EFE8F5', '#EFEDE6']

export function NameAndIcon({ form, onChange, wrong }: { form: Look; onChange: (form: Look) => void; wrong?: string | undefined }) {
  return (
    <>
      <Field label={t('Name')}>
        {(id) => <Input id={id} required autoFocus maxLength={40} aria-invalid={wrong === 'name'} value={form.name} onChange={(event) => onChange({ ...form, name: event.target.value })} />}
      </Field>
      <Field label={t('Description')}>
        {(id) => <Textarea id={id} rows={2} maxLength={400} value={form.description} onChange={(event) => onChange({ ...form, description: event.target.value })} />}
      </Field>
      <fieldset className="space-y-2">
        <legend className="text-[13px] font-medium">{t('Icon')}</legend>
        <div className="flex items-center gap-3">
          <AppIcon icon={form.icon} background={form.icon_background} size="lg" />
          <div className="space-y-1.5">
            <div className="flex flex-wrap gap-0.5">
              {ICONS.map((icon) => (
                <button key={icon} type="button" aria-label={icon} aria-pressed={form.icon === icon} onClick={() => onChange({ ...form, icon })} className="grid size-7 place-items-center rounded-md text-base hover:bg-sunken aria-pressed:bg-sunken aria-pressed:ring-1 aria-pressed:ring-accent">{icon}</button>
              ))}
            </div>
            <div className="flex gap-1.5">
              {COLOURS.map((colour) => (
                <button key={colour} type="button" aria-label={t('Colour {colour}', { colour })} aria-pressed={form.icon_background === colour} onClick={() => onChange({ ...form, icon_background: colour })} style={{ backgroundColor: colour }} className={cx('size-6 rounded-full border border-line-strong aria-pressed:ring-2 aria-pressed:ring-accent aria-pressed:ring-offset-1 aria-pressed:ring-offset-surface')} />
              ))}
            </div>
          </div>
        </div>
      </fieldset>
    </>
  )
}
