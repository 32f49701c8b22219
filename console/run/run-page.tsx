import { Anchor, Card, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { count } from '../parts/count.ts'
import { lasting } from '../parts/in-words.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { StandingAlert } from '../parts/standing-alert.tsx'
import { StatusBadge } from '../parts/status-badge.tsx'
import { often } from '../queries.ts'
import type { Run } from '../shapes.ts'
import { DeliveryCard } from './delivery-card.tsx'
import { runState } from './run-state.ts'

/** One refresh of one audience, live while it goes on. */
export default function RunPage({ id }: { id: string }) {
  const run = useQuery({
    queryKey: ['run', id],
    queryFn: () => answer(api.runs[':id'].$get({ param: { id } })),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? 15_000 : often),
  })
  const audienceId = run.data?.audienceId
  const audience = useQuery({
    queryKey: ['audience', audienceId],
    queryFn: () => answer(api.audiences[':id'].$get({ param: { id: audienceId ?? '' } })),
    enabled: audienceId !== undefined,
  })
  const name = audience.data?.name ?? 'Audience'
  return (
    <Page
      title={`Run of ${name}`}
      trail={[
        { name: 'Audiences', to: '/audiences' },
        { name, to: `/audiences/${audienceId ?? ''}` },
      ]}
      beside={run.data && <StatusBadge status={runState(run.data)} />}
    >
      <Loaded query={run}>{(data) => <Told run={data} />}</Loaded>
    </Page>
  )
}

const isOver = ({ status, settledAt, deliveries }: Run) =>
  status === 'failed' || (status === 'done' && (settledAt !== null || deliveries.length === 0))

function Told({ run }: { run: Run }) {
  const { startedAt, requestedAt, finishedAt, settledAt, size, causes, problem, deliveries, status } = run
  const took = startedAt && finishedAt ? lasting(Date.parse(finishedAt) - Date.parse(startedAt)) : undefined
  return (
    <Stack gap="lg">
      <Card padding="md">
        <Group gap="xl">
          <Fact name="Because of">{causes.map((cause) => cause.replaceAll('_', ' ')).join(', ')}</Fact>
          <Fact name="Began">
            <Moment at={startedAt ?? requestedAt} />
          </Fact>
          <Fact name="Members read">{size === null ? '–' : count(size)}</Fact>
          <Fact name="Uploads took">{took ?? '…'}</Fact>
          <Fact name="Every receipt final">{settledAt ? <Moment at={settledAt} /> : 'not yet'}</Fact>
          <Anchor component={Link} href={`/audiences/${run.audienceId}/logs`} size="sm" ml="auto">
            Show Logs
          </Anchor>
        </Group>
      </Card>
      {problem && <StandingAlert problem={problem} />}
      {deliveries.map((delivery) => (
        <DeliveryCard key={delivery.id} delivery={delivery} />
      ))}
      {deliveries.length === 0 && !problem && (
        <Text c="dimmed">
          {status === 'done'
            ? 'Nobody joined, left or changed: everything was in step already, and nothing was sent.'
            : status === 'requested'
              ? 'Waiting for its turn.'
              : 'Reading the source and comparing with what the destinations hold.'}
        </Text>
      )}
    </Stack>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <Text size="xs" c="dimmed">
      {name}
    </Text>
    <Text fw={550} className="numbers">
      {children}
    </Text>
  </div>
)
