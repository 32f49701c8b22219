import { SimpleGrid, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { StandingAlert } from '../parts/standing-alert.tsx'
import { often, seldom } from '../queries.ts'
import type { Audience } from '../shapes.ts'
import { AudienceFacts } from './audience-facts.tsx'
import { NextSteps } from './next-steps.tsx'
import { RunsTable } from './runs-table.tsx'
import { SizeCard } from './size-card.tsx'
import { SyncStandings } from './sync-standings.tsx'

export function OverviewTab({ audience }: { audience: Audience }) {
  const runs = useQuery({
    queryKey: ['runs', audience.id],
    queryFn: () => answer(api.audiences[':id'].runs.$get({ param: { id: audience.id }, query: { limit: '12' } })),
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ finishedAt }) => finishedAt === null) ? often : seldom / 2,
  })
  return (
    <Stack gap="lg">
      {audience.problem && <StandingAlert problem={audience.problem} />}
      {audience.status === 'draft' && <NextSteps audience={audience} />}
      <AudienceFacts audience={audience} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <SizeCard audienceId={audience.id} />
        <SyncStandings audienceId={audience.id} />
      </SimpleGrid>
      <Loaded query={runs}>{({ items }) => <RunsTable runs={items} />}</Loaded>
    </Stack>
  )
}
