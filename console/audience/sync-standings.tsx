import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { StandingDot } from '../parts/standing-dot.tsx'
import { standingWords } from '../parts/standing-words.ts'
import { placeOf } from '../parts/sync-place.ts'
import { seldom } from '../queries.ts'

export function SyncStandings({ audienceId }: { audienceId: string }) {
  const syncs = useQuery({
    queryKey: ['syncs', audienceId],
    queryFn: () => answer(api.audiences[':id'].syncs.$get({ param: { id: audienceId }, query: {} })),
    refetchInterval: seldom / 2,
  })
  return (
    <Card component="section" aria-label="Destinations">
      <Title order={2} mb="md">
        Destinations
      </Title>
      <Loaded query={syncs}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed">No destination yet.</Text>
          ) : (
            <Stack gap="md">
              {items.map((sync) => (
                <Group key={sync.id} align="flex-start" wrap="nowrap" gap="sm">
                  <StandingDot low standing={sync.standing} name={sync.destination.name} />
                  <div>
                    <Anchor component={Link} href={placeOf(sync).tab} fw={600}>
                      {sync.destination.name}
                    </Anchor>
                    <Text size="sm">
                      {standingWords[sync.standing.state]}. {sync.standing.says} {sync.standing.next}
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
