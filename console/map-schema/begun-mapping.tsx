import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import type { Audience, Sync } from '../shapes.ts'

type Props = {
  audience: Audience
  platform: string
  mode: Sync['mode']
  saved: Record<string, string> | undefined
  /** Gets what the mapping begins with, and how many members there are, where that is known. */
  children: (mapping: Record<string, string>, size: number | null) => ReactNode
}

/** A mapping begins with what is saved, or with what the usual names of fields suggest. */
export function BegunMapping({ audience, platform, mode, saved, children }: Props) {
  const suggested = useQuery({
    queryKey: ['suggested', audience.id, platform, mode],
    queryFn: () => answer(api.audiences[':id'].preview.$post({ param: { id: audience.id }, json: { platform, mode } })),
    enabled: saved === undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (saved) return <>{children(saved, audience.size)}</>
  return <Loaded query={suggested}>{({ mapping, size }) => children(mapping, size)}</Loaded>
}
