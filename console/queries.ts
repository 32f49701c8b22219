import { QueryCache, QueryClient } from '@tanstack/react-query'
import { Problem } from './problem.ts'

/** Whether a session has ended or its key was revoked. */
const isSignedOut = (error: unknown) => error instanceof Problem && error.status === 401

/** Answers of the API, kept for a moment. What was refused is refused again; only silence is tried again. */
export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (isSignedOut(error) && query.queryKey[0] !== 'session')
        void queries.invalidateQueries({ queryKey: ['session'] })
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (count, error) => error instanceof Problem && error.status === 0 && count < 2,
      refetchOnWindowFocus: true,
    },
  },
})

/** How often a page asks again: while something runs, and otherwise. */
export const often = 1_000
export const seldom = 10_000
