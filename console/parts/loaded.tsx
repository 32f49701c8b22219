import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Outline } from './outline.tsx'
import { ProblemAlert } from './problem-alert.tsx'

type Props<T> = { query: Pick<UseQueryResult<T>, 'data' | 'error'>; rows?: number; children: (data: T) => ReactNode }

/** Shows what was asked for once it is there; before, its outline, and why it cannot be had. */
export function Loaded<T>({ query, rows = 3, children }: Props<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>
  return query.error ? <ProblemAlert error={query.error} /> : <Outline rows={rows} />
}
