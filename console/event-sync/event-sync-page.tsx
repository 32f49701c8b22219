import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { EventSync } from './event-sync.tsx'

/** Event Sync: which destination is told of each join and leave, and how. */
export default function EventSyncPage({ id, syncId }: { id: string; syncId: string | undefined }) {
  const all = useQuery({
    queryKey: ['event sync', id, syncId],
    queryFn: async () => {
      const [audience, destinations, platforms, sync] = await Promise.all([
        answer(api.audiences[':id'].$get({ param: { id } })),
        answer(api.destinations.$get({ query: { limit: '200' } })),
        answer(api.platforms.$get()),
        syncId ? answer(api.syncs[':id'].$get({ param: { id: syncId } })) : undefined,
      ])
      return { audience, destinations: destinations.items, platforms: platforms.items, sync }
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })
  const name = all.data?.audience.name ?? 'Audience'
  return (
    <Page
      title="Event Sync"
      trail={[
        { name: 'Audiences', to: '/audiences' },
        { name, to: `/audiences/${id}/events` },
      ]}
    >
      <Loaded query={all}>{(data) => <EventSync {...data} />}</Loaded>
    </Page>
  )
}
