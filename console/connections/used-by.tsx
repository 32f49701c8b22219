import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { StandingDot } from '../parts/standing-dot.tsx'
import { standingWords } from '../parts/standing-words.ts'
import { fills, placeOf } from '../parts/sync-place.ts'
import { seldom } from '../queries.ts'

/** Which audiences a destination is used by, and how each of their syncs stands. */
export function UsedBy({ destinationId }: { destinationId: string }) {
  const syncs = useQuery({
    queryKey: ['syncs of', destinationId],
    queryFn: () => answer(api.syncs.$get({ query: { destinationId, limit: '200' } })),
    refetchInterval: seldom,
  })
  return (
    <Card component="section" aria-label="Used by">
      <Title order={2} mb="md">
        Used by
      </Title>
      <Loaded query={syncs}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed">No audience yet. An audience’s page, under List Sync or Event Sync, adds it.</Text>
          ) : (
            <Stack gap="sm">
              {items.map((sync) => (
                <Group key={sync.id} gap="sm" wrap="nowrap" align="flex-start">
                  <StandingDot low standing={sync.standing} name={sync.audience.name} />
                  <div>
                    <Anchor component={Link} href={placeOf(sync).tab} fw={600}>
                      {sync.audience.name}
                    </Anchor>
                    <Text size="sm" c="dimmed">
                      {fills(sync)} · {standingWords[sync.standing.state].toLowerCase()}
                    </Text>
                  </div>
                </Group>
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Card>
  )
}
