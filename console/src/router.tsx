// Every page and what it needs. Pages are separate files for the browser, read when they are first opened.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { ApiError, get } from './api/client'
import { client } from './api/hooks'
import type { Profile } from './api/types'
import { language, speak } from './lib/i18n'
import { Failed, Missing } from './shell/failed'
import { Shell } from './shell/shell'
import { kept } from '@/lib/kept'

const root = createRootRoute({ component: Outlet, notFoundComponent: Missing })

async function profile(): Promise<Profile> {
  const found = await client.ensureQueryData({ queryKey: ['/account/profile'], queryFn: () => get<Profile>('/account/profile') })
  if (!kept.get('edgewise-language') && found.interface_language !== language()) await speak(found.interface_language)
  return found
}

/** To whom a page of the console is open: without an owner to the first run, without a session to the entrance. */
async function inside({ location }: { location: { href: string } }) {
  try {
    await profile()
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error
    const { step } = await get<{ step: string }>('/setup')
    if (step === 'not_started') throw redirect({ to: '/install' })
    throw redirect({ to: '/signin', search: { next: location.href === '/' ? undefined : location.href } })
  }
}

type Page = () => Promise<Record<string, never>>
const page = (load: () => Promise<Record<string, unknown>>, name: string) => lazyRouteComponent(load as Page, name)

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

const install = createRoute({ getParentRoute: () => root, path: '/install', component: lazyRouteComponent(() => import('./auth/install'), 'Install') })
const signin = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: (search): { next?: string | undefined } => ({ next: text(search.next) }),
  component: lazyRouteComponent(() => import('./auth/signin'), 'Signin'),
})
const activate = createRoute({
  getParentRoute: () => root,
  path: '/activate',
  validateSearch: (search): { workspace_id: string; email: string; token: string } => ({
    workspace_id: text(search.workspace_id) ?? '',
    email: text(search.email) ?? '',
    token: String(search.token ?? ''),
  }),
  component: lazyRouteComponent(() => import('./auth/activate'), 'Activate'),
})

const chat = createRoute({ getParentRoute: () => root, path: '/chat/$code', component: lazyRouteComponent(() => import('./web/chat'), 'ChatPage') })
const chatbot = createRoute({ getParentRoute: () => root, path: '/chatbot/$code', component: lazyRouteComponent(() => import('./web/chat'), 'ChatbotPage') })
const completion = createRoute({ getParentRoute: () => root, path: '/completion/$code', component: lazyRouteComponent(() => import('./web/completion'), 'CompletionPage') })
const workflow = createRoute({ getParentRoute: () => root, path: '/workflow/$code', component: lazyRouteComponent(() => import('./web/workflow'), 'WorkflowPage') })
const form = createRoute({ getParentRoute: () => root, path: '/form/$token', component: lazyRouteComponent(() => import('./web/form'), 'FormPage') })

const shell = createRoute({ getParentRoute: () => root, id: 'console', beforeLoad: inside, component: Shell })
const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/apps' })
  },
})
const apps = createRoute({ getParentRoute: () => shell, path: '/apps', component: lazyRouteComponent(() => import('./studio/studio'), 'Studio') })
const app = createRoute({ getParentRoute: () => shell, path: '/apps/$appId', component: lazyRouteComponent(() => import('./app/layout'), 'AppLayout') })
const under = <P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => app, path, component: page(load, name) })
const appPages = [
  under('/', () => import('./app/build/build'), 'Build'),
  under('/annotations', () => import('./app/annotations'), 'Annotations'),
  under('/share', () => import('./app/share'), 'Share'),
  under('/api', () => import('./app/api-page'), 'ApiPage'),
  under('/logs', () => import('./app/logs/logs'), 'Logs'),
  under('/monitor', () => import('./app/monitor'), 'Monitor'),
] as const

const knowledge = createRoute({ getParentRoute: () => shell, path: '/knowledge', component: lazyRouteComponent(() => import('./knowledge/list'), 'KnowledgeList') })
const dataset = createRoute({ getParentRoute: () => shell, path: '/knowledge/$datasetId', component: lazyRouteComponent(() => import('./knowledge/layout'), 'DatasetLayout') })
const of = <P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => dataset, path, component: page(load, name) })
const datasetPages = [
  of('/', () => import('./knowledge/documents'), 'Documents'),
  of('/add', () => import('./knowledge/add'), 'AddDocuments'),
  of('/test', () => import('./knowledge/test'), 'HitTest'),
  of('/settings', () => import('./knowledge/settings'), 'DatasetSettings'),
] as const
const document = createRoute({ getParentRoute: () => shell, path: '/knowledge/$datasetId/documents/$documentId', component: lazyRouteComponent(() => import('./knowledge/segments'), 'Segments') })

const settings = createRoute({ getParentRoute: () => shell, path: '/settings', component: lazyRouteComponent(() => import('./settings/layout'), 'SettingsLayout') })
const setting = <P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => settings, path, component: page(load, name) })
const settingsPages = [
  setting('/', () => import('./settings/models'), 'ModelsPage'),
  setting('/tools', () => import('./settings/tools'), 'ToolsPage'),
  setting('/keys', () => import('./settings/keys'), 'KeysPage'),
  setting('/members', () => import('./settings/members'), 'Members'),
  setting('/requests', () => import('./settings/requests'), 'RequestsPage'),
  setting('/log-retention', () => import('./settings/retention'), 'RetentionPage'),
  setting('/backup', () => import('./settings/backup'), 'BackupPage'),
  setting('/account', () => import('./settings/account'), 'AccountPage'),
] as const

export const router = createRouter({
  routeTree: root.addChildren([
    install,
    signin,
    activate,
    chat,
    chatbot,
    completion,
    workflow,
    form,
    shell.addChildren([home, apps, app.addChildren([...appPages]), knowledge, dataset.addChildren([...datasetPages]), document, settings.addChildren([...settingsPages])]),
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: ({ error }) => <Failed error={error as Error} />,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
