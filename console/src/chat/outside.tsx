import { ExternalLink, ImageOff } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { t } from '@/lib/i18n'
import { Button, button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

/** The address if a browser may follow it. */
function address(href: string): URL | undefined {
  try {
    const url = new URL(href, location.origin)
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url : undefined
  } catch {
    return undefined
  }
}

/** A link in a text that nobody vouches for: before it opens, the whole address is shown, for it may carry words out. */
export function Leads({ href, children }: { href: string; children: ReactNode }) {
  const [asked, setAsked] = useState(false)
  const url = address(href)
  if (!url) return <span>{children}</span>
  return (
    <>
      <a
        href={url.href}
        rel="noopener noreferrer nofollow"
        target="_blank"
        onClick={(event) => {
          event.preventDefault()
          setAsked(true)
        }}
      >
        {children}
      </a>
      {asked && (
        <Dialog open onClose={() => setAsked(false)} title={t('Leave this page?')} about={t('This link is part of a generated text. Look where it leads.')}>
          <p className="max-h-40 overflow-auto rounded-lg bg-sunken p-3 font-mono text-xs break-all">{url.href}</p>
          <div className="mt-4 flex justify-end gap-2">
            <Button onClick={() => setAsked(false)}>{t('Stay')}</Button>
            <a href={url.href} rel="noopener noreferrer nofollow" target="_blank" onClick={() => setAsked(false)} className={button('primary')}><ExternalLink aria-hidden /> {t('Open')}</a>
          </div>
        </Dialog>
      )}
    </>
  )
}

/** Pictures of this server are shown; of others only named, for asking for them would tell them something. */
export function Picture({ src, alt }: { src: string; alt: string }) {
  const url = address(src)
  if (url?.origin === location.origin && url.pathname.startsWith('/files/')) return <img src={url.href} alt={alt} loading="lazy" className="max-h-96 max-w-full rounded-lg" />
  return (
    <span className="inline-flex items-center gap-1.5 rounded-lg border border-line bg-sunken px-2 py-1 text-xs text-ink-2 [&_svg]:size-3.5">
      <ImageOff aria-hidden />
      {url ? <Leads href={url.href}>{alt || t('A picture on {host}', { host: url.hostname })}</Leads> : alt || t('A picture')}
    </span>
  )
}
