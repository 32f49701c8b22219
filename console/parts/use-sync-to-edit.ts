import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'

/** All that a sync's settings are chosen from. Not asked for again while somebody chooses: it would change what they chose. */
export const useSyncToEdit = (audienceId: string, syncId: string | undefined) =>
  useQuery({
    queryKey: ['sync to edit', audienceId, syncId],
    queryFn: async () => {
      const [audience, destinations, platforms, sync] = await Promise.all([
        answer(api.audiences[':id'].$get({ param: { id: audienceId } })),
        answer(api.destinations.$get({ query: { limit: '200' } })),
        answer(api.platforms.$get()),
        syncId ? answer(api.syncs[':id'].$get({ param: { id: syncId } })) : undefined,
      ])
      return { audience, destinations: destinations.items, platforms: platforms.items, sync }
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })
