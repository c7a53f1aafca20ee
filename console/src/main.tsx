import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { client } from './api/hooks'
import { session } from './api/client'
import { preferred, speak } from './lib/i18n'
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

// A page of before an update asks for files that are gone: reading it anew gets the present ones.
addEventListener('vite:preloadError', () => location.reload())

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
