import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { SiteGate, useSite } from './site'
import { ChatRoom } from './room'

const page = getRouteApi('/chat/$code')
const bubble = getRouteApi('/chatbot/$code')

export function ChatPage() {
  const { code } = page.useParams()
  return <Room code={code} />
}

/** The same in a small frame of another page: without the list at the side. */
export function ChatbotPage() {
  const { code } = bubble.useParams()
  useEffect(() => {
    // The embedding page may be of any site, and learns only that we are here.
    if (window.parent !== window) window.parent.postMessage({ type: 'dify-chatbot-iframe-ready' }, '*')
  }, [])
  return <Room code={code} small />
}

function Room({ code, small = false }: { code: string; small?: boolean }) {
  const query = useSite(code)
  return <SiteGate query={query}>{(site) => <ChatRoom key={code} site={site} small={small} />}</SiteGate>
}
