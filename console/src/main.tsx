import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { client } from './api/hooks'
import { session } from './api/client'
import { preferred, speak } from './lib/i18n'
import { keptHere } from './lib/kept'
import { router } from './router'
import './styles.css'
import { Toasts } from './ui/toasts'

session.lost = () => {
  const { pathname, search } = window.location
  // Who was never in is shown the way by the router.
  if (!client.getQueryData(['/account/profile'])) return
  client.removeQueries({ queryKey: ['/account/profile'] })
  void router.navigate({ to: '/signin', search: { next: pathname + search } })
}

// A page of before an update asks for files that are gone: reading it anew gets the present ones; once, for a file may be
// gone for another reason.
addEventListener('vite:preloadError', () => {
  const before = Number(keptHere.get('edgewise-reloaded') ?? 0)
  keptHere.set('edgewise-reloaded', String(Date.now()))
  if (Date.now() - before > 60_000) location.reload()
})

// The page's own file is fetched while the session is looked at, not after it.
for (const { routeId } of router.matchRoutes(router.latestLocation)) void router.loadRouteChunk(router.routesById[routeId as keyof typeof router.routesById])?.catch(() => undefined)

await speak(preferred(), false)
const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </StrictMode>,
  )
}
