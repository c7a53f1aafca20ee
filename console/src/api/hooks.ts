// Reading through one cache whose keys are paths, and changing things with an error that is shown and nothing lost.
import { QueryClient, useQuery, type UseQueryOptions } from '@tanstack/react-query'
import { useState } from 'react'
import { complain, explain } from '@/lib/toast'
import { ApiError, get } from './client'

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: true,
      // What the server refused, it refuses again.
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
})

type Extra<T> = Omit<UseQueryOptions<T>, 'queryKey' | 'queryFn'>

/** `undefined`: ask nothing now. */
export function useGet<T>(path: string | undefined, extra: Extra<T> = {}) {
  return useQuery<T>({ queryKey: [path ?? ''], queryFn: () => get<T>(path ?? ''), enabled: path !== undefined, ...extra })
}

/** Reads again whatever lies under these paths. */
export function refresh(...paths: string[]) {
  return client.invalidateQueries({
    predicate: (query) => paths.some((path) => String(query.queryKey[0]).startsWith(path)),
  })
}

/** Runs one thing at a time; a failure becomes a message, and the form stays as it is. `quiet`: whoever calls shows it. */
export function useAction<A extends unknown[]>(act: (...args: A) => Promise<unknown>, { quiet = false } = {}) {
  const [busy, setBusy] = useState(false)
  const [field, setField] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const run = async (...args: A): Promise<boolean> => {
    setBusy(true)
    setField(undefined)
    setProblem(undefined)
    try {
      await act(...args)
      return true
    } catch (error) {
      if (error instanceof ApiError) setField(error.field)
      setProblem(explain(error))
      if (!quiet) complain(error)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { run, busy, field, problem }
}
