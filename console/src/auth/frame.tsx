import type { ReactNode } from 'react'
import { useState } from 'react'
import { LANGUAGES, language, speak } from '@/lib/i18n'
import { Logo } from '@/ui/icon'
import { ThemeButton } from '@/shell/shell'

/** The entrance: a form, and beside it a word about what is behind. */
export function Frame({ title, about, children }: { title: () => string; about: () => ReactNode; children: () => ReactNode }) {
  const [spoken, setSpoken] = useState(language())
  return (
    <div className="grid min-h-dvh lg:grid-cols-[1fr_minmax(0,26rem)_1fr]" key={spoken}>
      <div className="hidden lg:block" />
      <main className="flex flex-col justify-center px-6 py-12">
        <div className="mb-8 flex items-center gap-2.5 font-serif text-xl font-medium"><Logo className="size-8" /> Edgewise</div>
        <h1 className="text-3xl">{title()}</h1>
        <div className="mt-2 mb-7 text-sm text-ink-2">{about()}</div>
        {children()}
      </main>
      <div className="flex items-start justify-end gap-1 p-4 max-lg:absolute max-lg:top-0 max-lg:right-0">
        {LANGUAGES.map(({ code, name }) => (
          <button key={code} type="button" aria-pressed={spoken === code} onClick={() => void speak(code).then(() => setSpoken(code))} className="rounded-lg px-2 py-1.5 text-[13px] text-ink-2 hover:bg-sunken aria-pressed:text-soft-ink aria-pressed:font-semibold">
            {name}
          </button>
        ))}
        <ThemeButton />
      </div>
    </div>
  )
}
