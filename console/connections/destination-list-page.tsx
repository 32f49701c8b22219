import { Anchor, Badge, Button, Card, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { IconPlus, IconSend } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { StatusBadge } from '../parts/status-badge.tsx'
import { seldom } from '../queries.ts'
import { useMay } from '../session/session.ts'
import type { Destination } from '../shapes.ts'

export default function DestinationListPage() {
  const mayConnect = useMay('admin')
  const destinations = useQuery({
    queryKey: ['destinations'],
    queryFn: () => answer(api.destinations.$get({ query: { limit: '200' } })),
    refetchInterval: seldom,
  })
  const connect = mayConnect && (
    <Button component={Link} href="/destinations/new" leftSection={<IconPlus size={16} aria-hidden />}>
      Connect a destination
    </Button>
  )
  return (
    <Page title="Destinations" actions={destinations.data?.items.length ? connect : undefined}>
      <Loaded query={destinations}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              icon={<IconSend />}
              title="No destination yet"
              text={
                mayConnect
                  ? 'A destination is an account at an ad or marketing platform. A sandbox account works without credentials, to try everything out.'
                  : 'An administrator connects destinations.'
              }
              action={connect}
            />
          ) : (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
              {items.map((destination) => (
                <OneDestination destination={destination} key={destination.id} />
              ))}
            </SimpleGrid>
          )
        }
      </Loaded>
    </Page>
  )
}

const OneDestination = ({
  destination: { id, name, platform, account, sandbox, status, problem, checkedAt },
}: {
  destination: Destination
}) => (
  <Card>
    <Stack gap="xs">
      <Group justify="space-between" wrap="nowrap">
        <Anchor component={Link} href={`/destinations/${id}`} fw={600} truncate>
          {name}
        </Anchor>
        <StatusBadge status={status} />
      </Group>
      <Group gap="xs">
        <Text size="sm" tt="capitalize">
          {platform}
        </Text>
        <Text size="sm" c="dimmed">
          {account}
        </Text>
        {sandbox && <Badge color="grape">sandbox</Badge>}
      </Group>
      <Text size="sm" c={problem ? undefined : 'dimmed'}>
        {problem ? (
          problem.what
        ) : (
          <>
            Checked <Moment at={checkedAt} none="never" />
          </>
        )}
      </Text>
    </Stack>
  </Card>
)
