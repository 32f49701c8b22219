import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { MapSchema } from './map-schema.tsx'

/** Map Schema: which list an audience is synced to, and which field is which identifier there. */
export default function MapSchemaPage({ id, syncId }: { id: string; syncId: string | undefined }) {
  const all = useQuery({
    queryKey: ['map', id, syncId],
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
      title="Map Schema"
      trail={[
        { name: 'Audiences', to: '/audiences' },
        { name, to: `/audiences/${id}/syncs` },
      ]}
    >
      <Loaded query={all}>{(data) => <MapSchema {...data} />}</Loaded>
    </Page>
  )
}
