// Patience with a line that is gone: the same question again, later each time.
import { ApiError, OFFLINE } from './client'

/** Pauses before a broken stream is asked for again, in milliseconds; the server goes on for half a minute meanwhile. */
export const PAUSES = [300, 1_000, 2_000, 4_000, 8_000, 12_000]

export const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms)
    signal.addEventListener('abort', () => resolve())
  })

/** Asks until an answer comes; a refusal is one. `gone` is told each time that none came. */
export async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal, gone: () => void): Promise<T> {
  for (const ms of PAUSES) {
    try {
      return await ask()
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError) || error.code !== OFFLINE) throw error
      gone()
      await pause(ms, signal)
    }
  }
  throw new ApiError(OFFLINE, OFFLINE, 0)
}
