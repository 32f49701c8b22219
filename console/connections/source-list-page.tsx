import { Anchor, Button, Card, SimpleGrid, Text } from '@mantine/core'
import { IconDatabase, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { useMay } from '../session/session.ts'

export default function SourceListPage() {
  const mayConnect = useMay('admin')
  const sources = useQuery({
    queryKey: ['sources'],
    queryFn: () => answer(api.sources.$get({ query: { limit: '200' } })),
  })
  const connect = mayConnect && (
    <Button component={Link} href="/sources/new" leftSection={<IconPlus size={16} aria-hidden />}>
      Connect a source
    </Button>
  )
  return (
    <Page title="Sources" actions={sources.data?.items.length ? connect : undefined}>
      <Loaded query={sources}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              icon={<IconDatabase />}
              title="No source yet"
              text={
                mayConnect
                  ? 'A source is a PostgreSQL database that audiences read from; nothing is ever written to it.'
                  : 'An administrator connects sources.'
              }
              action={connect}
            />
          ) : (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
              {items.map(({ id, name, kind, connection }) => (
                <Card key={id}>
                  <Anchor component={Link} href={`/sources/${id}`} fw={600}>
                    {name}
                  </Anchor>
                  <Text size="sm" tt="capitalize">
                    {kind}
                  </Text>
                  <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                    {connection.user}@{connection.host}:{connection.port}/{connection.database}
                  </Text>
                </Card>
              ))}
            </SimpleGrid>
          )
        }
      </Loaded>
    </Page>
  )
}
