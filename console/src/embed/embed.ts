// The bubble in pages of others. It keeps to itself: one custom element with a closed shadow tree, styles put in by
// script (so a strict policy lets them pass), and messages that are checked for where they come from.

interface Config {
  token?: string
  baseUrl?: string
  isDev?: boolean
  inputs?: Record<string, unknown>
  systemVariables?: Record<string, unknown>
  userVariables?: Record<string, unknown>
  containerProps?: { style?: Record<string, string>; className?: string }
  draggable?: boolean
  dragAxis?: 'x' | 'y' | 'both'
  dynamicScript?: boolean
  sendOnEnter?: boolean
}

type Host = Window & { difyChatbotConfig?: Config; edgewiseChatbotConfig?: Config }

const BUTTON = 'dify-chatbot-bubble-button'
const FRAME = 'dify-chatbot-bubble-window'
const LONGEST = 2048

const script = document.currentScript as HTMLScriptElement | null

// The first two lines keep off what the page says of every element, also what it calls important; hiding it stays possible.
// Lengths are in pixels, since `rem` is the page's.
const STYLE = `
:host{all:initial!important;display:contents!important}
:host([hidden]),:host([style*="display: none"]){display:none!important}
button{all:unset;position:fixed;box-sizing:border-box;right:var(--dify-chatbot-bubble-button-right,16px);bottom:var(--dify-chatbot-bubble-button-bottom,16px);left:var(--dify-chatbot-bubble-button-left,unset);top:var(--dify-chatbot-bubble-button-top,unset);width:var(--dify-chatbot-bubble-button-width,48px);height:var(--dify-chatbot-bubble-button-height,48px);border-radius:var(--dify-chatbot-bubble-button-border-radius,25px);background:var(--dify-chatbot-bubble-button-bg-color,#1d6b57);box-shadow:var(--dify-chatbot-bubble-button-box-shadow,0 6px 18px rgb(0 0 0/.22));color:#fff;display:grid;place-items:center;cursor:pointer;z-index:2147483647;touch-action:none}
button:focus-visible{outline:3px solid #9fdcc6;outline-offset:2px}
svg{width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
iframe{position:fixed;right:16px;bottom:80px;width:384px;height:700px;max-width:calc(100vw - 32px);max-height:calc(100vh - 104px);border:1px solid rgb(0 0 0/.12);border-radius:16px;background:#fff;box-shadow:0 16px 48px rgb(0 0 0/.24);z-index:2147483646}
iframe[data-wide]{width:48%;height:88%}
iframe[hidden]{display:none}`

const OPEN = 'M21 12a8 8 0 0 1-8 8H4l2-3.5A8 8 0 1 1 21 12Z'
const CLOSE = 'M6 6l12 12M18 6L6 18'

function config(): Config | undefined {
  const host = window as Host
  const given = host.edgewiseChatbotConfig ?? host.difyChatbotConfig
  if (given) return given
  // For pages that forbid inline scripts.
  const { token, baseUrl } = script?.dataset ?? {}
  return token ? { token, ...(baseUrl && { baseUrl }) } : undefined
}

async function packed(value: unknown): Promise<string> {
  const stream = new Blob([String(value)]).stream().pipeThrough(new CompressionStream('gzip'))
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  return btoa(String.fromCharCode(...bytes))
}

async function address(base: string, token: string, given: Config): Promise<string> {
  const url = new URL(`${base}/chatbot/${encodeURIComponent(token)}`)
  const groups: [string, Record<string, unknown> | undefined][] = [['', given.inputs], ['sys.', given.systemVariables], ['user.', given.userVariables]]
  for (const [prefix, values] of groups) {
    for (const [name, value] of Object.entries(values ?? {})) url.searchParams.set(prefix + name, await packed(value))
  }
  if (given.sendOnEnter === false) url.searchParams.set('sendOnEnter', 'false')
  if (url.href.length > LONGEST) console.error(`The address of the chat is longer than ${LONGEST} characters: give it fewer or shorter inputs.`)
  return url.href
}

function drag(button: HTMLElement, axis: 'x' | 'y' | 'both') {
  let from: { x: number; y: number; left: number; top: number } | undefined
  let moved = false
  button.addEventListener('pointerdown', (event) => {
    const place = button.getBoundingClientRect()
    from = { x: event.clientX, y: event.clientY, left: place.left, top: place.top }
    moved = false
    button.setPointerCapture(event.pointerId)
  })
  button.addEventListener('pointermove', (event) => {
    if (!from) return
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y]
    if (!moved && Math.hypot(dx, dy) < 8) return
    moved = true
    const clamp = (value: number, most: number) => `${Math.max(0, Math.min(value, most))}px`
    if (axis !== 'y') Object.assign(button.style, { right: 'auto', left: clamp(from.left + dx, innerWidth - button.offsetWidth) })
    if (axis !== 'x') Object.assign(button.style, { bottom: 'auto', top: clamp(from.top + dy, innerHeight - button.offsetHeight) })
  })
  button.addEventListener('pointerup', () => (from = undefined))
  // A drag is no click.
  button.addEventListener('click', (event) => moved && (event.stopImmediatePropagation(), (moved = false)), true)
}

async function start() {
  const given = config()
  const token = given?.token
  if (!given || !token) return console.error('difyChatbotConfig.token is missing: it is the code of the app’s page.')
  if (document.getElementById(BUTTON)) return
  const base = (given.baseUrl ?? (script ? new URL(script.src).origin : location.origin)).replace(/\/+$/, '')
  const origin = new URL(base).origin

  const holder = document.createElement('div')
  holder.id = BUTTON
  if (given.containerProps?.className) holder.className = given.containerProps.className
  Object.assign(holder.style, given.containerProps?.style)
  const tree = holder.attachShadow({ mode: 'closed' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(STYLE)
  tree.adoptedStyleSheets = [sheet]

  const button = document.createElement('button')
  button.type = 'button'
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  icon.setAttribute('viewBox', '0 0 24 24')
  icon.setAttribute('aria-hidden', 'true')
  const path = icon.appendChild(document.createElementNS(icon.namespaceURI, 'path'))
  button.append(icon)
  tree.append(button)
  document.body.append(holder)

  let frame: HTMLIFrameElement | undefined
  const show = async (open: boolean) => {
    if (open && !frame) {
      frame = document.createElement('iframe')
      frame.id = FRAME
      frame.title = 'Chat'
      frame.allow = 'microphone; clipboard-write'
      frame.src = await address(base, token, given)
      tree.append(frame)
    }
    if (frame) frame.hidden = !open
    path.setAttribute('d', open ? CLOSE : OPEN)
    button.ariaLabel = open ? 'Close the chat' : 'Open the chat'
    button.ariaExpanded = String(open)
  }
  const isOpen = () => !!frame && !frame.hidden
  if (given.draggable) drag(button, given.dragAxis ?? 'both')
  button.addEventListener('click', () => void show(!isOpen()))
  addEventListener('keydown', (event) => event.key === 'Escape' && isOpen() && void show(false))
  addEventListener('message', (event: MessageEvent<{ type?: string }>) => {
    if (event.origin !== origin || event.source !== frame?.contentWindow) return
    if (event.data?.type === 'dify-chatbot-iframe-ready') {
      frame.contentWindow?.postMessage({ type: 'dify-chatbot-config', payload: { isToggledByButton: true, isDraggable: !!given.draggable } }, origin)
    } else if (event.data?.type === 'dify-chatbot-expand-change') frame.toggleAttribute('data-wide')
  })
  await show(false)
}

if (config()?.dynamicScript || document.body) void start()
else addEventListener('DOMContentLoaded', () => void start())
