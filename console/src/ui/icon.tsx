import { cx } from '@/lib/cx'

/** An app's emoji on its colour, which it dilutes to suit a dark page as well. */
export function AppIcon({ icon, background, size = 'md' }: { icon: string | null; background: string | null; size?: 'sm' | 'md' | 'lg' }) {
  const sizes = { sm: 'size-7 text-sm rounded-lg', md: 'size-10 text-xl rounded-lg', lg: 'size-14 text-3xl rounded-xl' }
  const emoji = icon && !/^[\w-]+$/.test(icon) ? icon : '✳️'
  const colour = /^#[0-9a-f]{3,8}$/i.test(background ?? '') ? (background ?? '') : '#E2EFE9'
  return (
    <span aria-hidden style={{ backgroundColor: `color-mix(in oklab, ${colour} var(--c-dye), var(--c-sunken))` }} className={cx('grid shrink-0 place-items-center leading-none select-none', sizes[size])}>
      {emoji}
    </span>
  )
}

export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={cx('size-7', className)}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path d="M8 8h16L8 24z" className="fill-on-accent" />
      <path d="M24 14v10H14z" className="fill-on-accent opacity-55" />
    </svg>
  )
}
