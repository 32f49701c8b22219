import { Alert, Anchor, Badge, Button, Card, Code, Group, Stack, Text, Title } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from 'wouter'
import { answer, api } from '../api.ts'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { StandingAlert } from '../parts/standing-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Source } from '../shapes.ts'
import { SourceAddress } from './source-address.tsx'

export default function SourcePage({ id }: { id: string }) {
  const mayConnect = useMay('admin')
  const source = useQuery({
    queryKey: ['source', id],
    queryFn: () => answer(api.sources[':id'].$get({ param: { id } })),
  })
  return (
    <Page title={source.data?.name ?? 'Source'} trail={[{ name: 'Sources', to: '/sources' }]}>
      <Loaded query={source}>
        {(found) => (
          <Stack gap="lg">
            <Connection source={found} />
            <Tables id={id} />
            {mayConnect && <SourceAddress source={found} />}
            {mayConnect && <Disconnect source={found} />}
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}

function Connection({ source: { id, connection } }: { source: Source }) {
  const mayCheck = useMay('operator')
  const check = useAct(() => answer(api.sources[':id'].check.$post({ param: { id } })), { tellsErrors: true })
  return (
    <Card>
      <Stack gap="md">
        <Group justify="space-between">
          <Code style={{ overflowWrap: 'anywhere' }}>
            {connection.user}@{connection.host}:{connection.port}/{connection.database}
          </Code>
          {mayCheck && (
            <Button variant="light" onClick={() => check.mutate()} loading={check.isPending}>
              Check connection
            </Button>
          )}
        </Group>
        {check.error && <ProblemAlert error={check.error} />}
        {check.data?.ok && (
          <Alert color="teal" variant="light" icon={<IconCircleCheck size={20} />} title="All is in order">
            {Object.entries(check.data.facts)
              .map(([name, value]) => `${name}: ${value}`)
              .join(' · ')}
          </Alert>
        )}
        {check.data?.problems.map((problem) => (
          <StandingAlert problem={problem} key={problem.code} />
        ))}
      </Stack>
    </Card>
  )
}

function Tables({ id }: { id: string }) {
  const tables = useQuery({
    queryKey: ['tables', id],
    queryFn: () => answer(api.sources[':id'].tables.$get({ param: { id } })),
  })
  const mayMake = useMay('operator')
  return (
    <Card component="section" aria-label="Tables and views">
      <Group justify="space-between" mb="md">
        <Title order={2}>Tables and views</Title>
        {mayMake && (
          <Anchor component={Link} href="/audiences/new" size="sm">
            Create an audience of it
          </Anchor>
        )}
      </Group>
      <Loaded query={tables}>
        {({ items }) => (
          <Stack gap="md">
            {items.length === 0 && <Text c="dimmed">Its user may read no table.</Text>}
            {items.map(({ qualified, kind, columns }) => (
              <div key={qualified}>
                <Group gap="xs">
                  <Text fw={600}>{qualified}</Text>
                  <Badge color="gray">{kind}</Badge>
                </Group>
                <Text size="sm" c="dimmed" lineClamp={3}>
                  {columns.map(({ name }) => name).join(', ')}
                </Text>
              </div>
            ))}
          </Stack>
        )}
      </Loaded>
    </Card>
  )
}

function Disconnect({ source: { id, name } }: { source: Source }) {
  const [, go] = useLocation()
  const remove = useAct(() => answer(api.sources[':id'].$delete({ param: { id } })), {
    tellsErrors: true,
    done: 'Disconnected.',
    afterwards: () => go('/sources'),
  })
  return (
    <Card>
      <Group justify="space-between">
        <div>
          <Title order={2}>Disconnect</Title>
          <Text size="sm" c="dimmed">
            Possible once no audience reads it.
          </Text>
        </div>
        <ConfirmButton
          label="Disconnect"
          title={`Disconnect ${name}?`}
          text="Its address is deleted here. Nothing changes in the database itself."
          yes="Disconnect"
          act={() => remove.mutateAsync()}
          pending={remove.isPending}
          error={remove.error}
          color="red"
          variant="light"
        />
      </Group>
    </Card>
  )
}
