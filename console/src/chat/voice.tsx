// Speaking instead of typing, and listening instead of reading.
import { LoaderCircle, Mic, Square, Volume2 } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { t } from '@/lib/i18n'
import { complain, say } from '@/lib/toast'
import { IconButton } from '@/ui/button'

/** Samples in a second: what models of speech work with. */
const RATE = 16_000

/** A recording as WAV of one channel, which every service takes; browsers record as they like. */
async function asWav(recording: Blob): Promise<Blob> {
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await recording.arrayBuffer())
  const view = new DataView(new ArrayBuffer(44 + sound.length * 2))
  const text = (at: number, letters: string) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, 36 + sound.length * 2, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, RATE, true)
  view.setUint32(28, RATE * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, sound.length * 2, true)
  const channels = Array.from({ length: sound.numberOfChannels }, (_, at) => sound.getChannelData(at))
  for (let at = 0; at < sound.length; at++) {
    const mixed = channels.reduce((sum, channel) => sum + (channel[at] ?? 0), 0) / channels.length
    view.setInt16(44 + at * 2, Math.max(-1, Math.min(1, mixed)) * 32_767, true)
  }
  return new Blob([view], { type: 'audio/wav' })
}

/** Records until it is pressed again; the words are handed on. */
export function Microphone({ hear, onWords, className }: { hear: (sound: Blob) => Promise<string>; onWords: (words: string) => void; className?: string }) {
  const [state, setState] = useState<'idle' | 'recording' | 'reading'>('idle')
  const recorder = useRef<MediaRecorder>(undefined)
  useEffect(() => () => recorder.current?.stream.getTracks().forEach((track) => track.stop()), [])
  const start = async () => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
      const made = new MediaRecorder(stream)
      const parts: Blob[] = []
      made.ondataavailable = ({ data }) => parts.push(data)
      made.onstop = () => {
        stream.getTracks().forEach((track) => track.stop())
        setState('reading')
        asWav(new Blob(parts, { type: made.mimeType })).then(hear).then((words) => words && onWords(words), complain).finally(() => setState('idle'))
      }
      recorder.current = made
      made.start()
      setState('recording')
    } catch {
      setState('idle')
      say(t('The browser did not give the microphone. Allow it for this page and try again.'), { kind: 'bad' }, 8_000)
    }
  }
  const press = () => (state === 'recording' ? recorder.current?.stop() : void start())
  return (
    <button type="button" aria-label={state === 'recording' ? t('Stop recording') : t('Speak')} title={state === 'recording' ? t('Stop recording') : t('Speak')} aria-pressed={state === 'recording'} disabled={state === 'reading'} onClick={press} className={`${className ?? ''} aria-pressed:bg-danger-soft aria-pressed:text-danger`}>
      {state === 'reading' ? <LoaderCircle className="animate-spin" /> : state === 'recording' ? <Square fill="currentColor" /> : <Mic />}
    </button>
  )
}

/** Reads an answer aloud. */
export function Listen({ fetchSound }: { fetchSound: () => Promise<Blob> }) {
  const [state, setState] = useState<'idle' | 'loading' | 'playing'>('idle')
  const audio = useRef<HTMLAudioElement>(undefined)
  const end = () => {
    if (audio.current) {
      audio.current.pause()
      URL.revokeObjectURL(audio.current.src)
      audio.current = undefined
    }
    setState('idle')
  }
  useEffect(() => () => audio.current?.pause(), [])
  const play = async () => {
    setState('loading')
    try {
      const player = new Audio(URL.createObjectURL(await fetchSound()))
      audio.current = player
      player.onended = end
      player.onerror = end
      await player.play()
      setState('playing')
    } catch (error) {
      end()
      complain(error)
    }
  }
  return (
    <IconButton label={state === 'playing' ? t('Stop reading aloud') : t('Read aloud')} aria-pressed={state === 'playing'} className="aria-pressed:text-accent" disabled={state === 'loading'} onClick={() => (state === 'playing' ? end() : void play())}>
      {state === 'loading' ? <LoaderCircle className="animate-spin" /> : state === 'playing' ? <Square /> : <Volume2 />}
    </IconButton>
  )
}
