import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { BookOpenText, LayoutGrid, LogOut, Monitor, Moon, Settings, Sun } from 'lucide-react'
import { client, useGet } from '@/api/hooks'
import { post } from '@/api/client'
import type { Profile } from '@/api/types'
import { t } from '@/lib/i18n'
import { useTheme, wear, type Theme } from '@/lib/theme'
import { IconButton } from '@/ui/button'
import { Logo } from '@/ui/icon'
import { Divider, Item, Menu } from '@/ui/menu'

const AREAS = [
  { to: '/apps', icon: LayoutGrid, label: () => t('Studio') },
  { to: '/knowledge', icon: BookOpenText, label: () => t('Knowledge') },
  { to: '/settings', icon: Settings, label: () => t('Settings') },
] as const

function Areas({ className }: { className: string }) {
  const look =
    'flex items-center gap-2 rounded-lg px-3 py-1.5 text-sm font-medium text-ink-2 transition-colors hover:bg-sunken hover:text-ink data-[status=active]:bg-soft data-[status=active]:text-soft-ink max-sm:flex-1 max-sm:flex-col max-sm:gap-0.5 max-sm:py-1 max-sm:text-[11px]'
  return (
    <nav aria-label={t('Areas')} className={className}>
      {AREAS.map(({ to, icon: Icon, label }) => (
        <Link key={to} to={to} className={look}>
          <Icon className="size-4 max-sm:size-5" aria-hidden />
          {label()}
        </Link>
      ))}
    </nav>
  )
}

/** The frame of the console: areas on top, at the bottom of a phone. */
export function Shell() {
  return (
    <div className="flex min-h-dvh flex-col max-sm:pb-15">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:px-3 focus:py-2">{t('Skip to content')}</a>
      <header className="sticky top-0 z-30 flex h-14 items-center gap-4 border-b border-line bg-paper/90 px-4 backdrop-blur sm:px-6">
        <Link to="/apps" className="flex items-center gap-2 font-serif text-lg font-medium tracking-tight">
          <Logo /> Edgewise
        </Link>
        <Areas className="ml-3 flex gap-1 max-sm:hidden" />
        <Person />
      </header>
      <main id="main" className="flex min-h-0 flex-1 flex-col"><Outlet /></main>
      <Areas className="fixed inset-x-0 bottom-0 z-30 flex gap-1 border-t border-line bg-paper/95 px-2 pt-1.5 pb-[max(0.4rem,env(safe-area-inset-bottom))] backdrop-blur sm:hidden" />
    </div>
  )
}

const THEMES: Record<Theme, typeof Sun> = { light: Sun, dark: Moon, system: Monitor }
const NEXT: Record<Theme, Theme> = { light: 'dark', dark: 'system', system: 'light' }

export function ThemeButton() {
  const now = useTheme()
  const Icon = THEMES[now]
  const names: Record<Theme, string> = { light: t('Light'), dark: t('Dark'), system: t('Like the system') }
  return <IconButton label={`${t('Theme')}: ${names[now]}`} onClick={() => wear(NEXT[now])}><Icon /></IconButton>
}

function Person() {
  const { data } = useGet<Profile>('/account/profile')
  const navigate = useNavigate()
  const leave = async () => {
    await post('/logout').catch(() => undefined)
    client.clear()
    await navigate({ to: '/signin' })
  }
  const initials = (data?.name ?? '?').trim().slice(0, 1).toUpperCase()
  const trigger = (
    <button type="button" aria-label={t('Account')} className="grid size-8 place-items-center rounded-full bg-soft text-sm font-semibold text-soft-ink hover:ring-3 hover:ring-accent/20">
      {initials}
    </button>
  )
  return (
    <div className="ml-auto flex items-center gap-1.5">
      <ThemeButton />
      <Menu trigger={trigger}>
        <div className="px-2.5 py-1.5">
          <div className="text-sm font-medium">{data?.name}</div>
          <div className="text-xs text-ink-3">{data?.email}</div>
        </div>
        <Divider />
        <Item onSelect={() => void navigate({ to: '/settings/account' })}><Settings /> {t('Your account')}</Item>
        <Item onSelect={() => void leave()}><LogOut /> {t('Log out')}</Item>
      </Menu>
    </div>
  )
}
