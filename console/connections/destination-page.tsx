import { Badge, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { StandingAlert } from '../parts/standing-alert.tsx'
import { StatusBadge } from '../parts/status-badge.tsx'
import { seldom } from '../queries.ts'
import { useMay } from '../session/session.ts'
import { CheckDestination } from './check-destination.tsx'
import { DestinationHealth } from './destination-health.tsx'
import { Disconnect } from './disconnect.tsx'
import { Reconnect } from './reconnect.tsx'
import { RotateSecret } from './rotate-secret.tsx'
import { UsedBy } from './used-by.tsx'

export default function DestinationPage({ id }: { id: string }) {
  const mayConnect = useMay('admin')
  const mayCheck = useMay('operator')
  const destination = useQuery({
    queryKey: ['destination', id],
    queryFn: () => answer(api.destinations[':id'].$get({ param: { id } })),
    refetchInterval: seldom / 2,
  })
  const platforms = useQuery({
    queryKey: ['platforms'],
    queryFn: () => answer(api.platforms.$get()),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const { data } = destination
  return (
    <Page
      title={data?.name ?? 'Destination'}
      trail={[{ name: 'Destinations', to: '/destinations' }]}
      beside={
        data && (
          <>
            <StatusBadge status={data.status} />
            {data.sandbox && <Badge color="grape">sandbox</Badge>}
          </>
        )
      }
    >
      <Loaded query={destination}>
        {(found) => {
          const platform = platforms.data?.items.find((each) => each.id === found.platform)
          return (
            <Stack gap="lg">
              {found.problem && <StandingAlert problem={found.problem} />}
              {mayCheck && <CheckDestination destination={found} />}
              <DestinationHealth destination={found} platform={platform} />
              <UsedBy destinationId={id} />
              {mayConnect && platform && <Reconnect destination={found} platform={platform} />}
              {mayConnect && platform?.ownSecret && <RotateSecret destination={found} />}
              {mayConnect && <Disconnect destination={found} />}
            </Stack>
          )
        }}
      </Loaded>
    </Page>
  )
}
