import { Link, useLocation, type LinkProps } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { cx } from '@/lib/cx'

export interface Tab { to: LinkProps['to']; label: string; exact?: boolean }

/** Pages beside each other, as links. */
export function LinkTabs({ tabs, params, label }: { tabs: Tab[]; params: Record<string, string>; label: string }) {
  const strip = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  useEffect(() => {
    // On a phone the page that is open may lie beyond the edge.
    const nav = strip.current
    const show = () => {
      const open = nav?.querySelector('[aria-current=page]')?.getBoundingClientRect()
      const seen = nav?.getBoundingClientRect()
      if (nav && open && seen) nav.scrollLeft += open.left + open.width / 2 - (seen.left + seen.width / 2)
    }
    const resized = new ResizeObserver(show)
    if (nav) resized.observe(nav)
    return () => resized.disconnect()
  }, [pathname, tabs.length])
  return (
    <nav ref={strip} aria-label={label} className="-mb-px flex gap-5 overflow-x-auto">
      {tabs.map((tab) => (
        <Link
          key={tab.to}
          to={tab.to as '/'}
          params={params as never}
          activeOptions={{ exact: tab.exact ?? false }}
          className={cx('border-b-2 border-transparent pb-2.5 text-sm font-medium whitespace-nowrap text-ink-2 hover:text-ink', 'aria-[current=page]:border-accent aria-[current=page]:text-ink')}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  )
}
