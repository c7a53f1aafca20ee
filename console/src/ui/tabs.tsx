import { Link, type LinkProps } from '@tanstack/react-router'
import { cx } from '@/lib/cx'

export interface Tab { to: LinkProps['to']; label: string; exact?: boolean }

/** Pages beside each other, as links. */
export function LinkTabs({ tabs, params, label }: { tabs: Tab[]; params: Record<string, string>; label: string }) {
  return (
    <nav aria-label={label} className="-mb-px flex gap-5 overflow-x-auto">
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
