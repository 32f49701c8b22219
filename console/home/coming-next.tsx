import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import { Moment } from '../parts/moment.tsx'
import type { Overview } from '../shapes.ts'

export const ComingNext = ({ items }: { items: Overview['next'] }) => (
  <Card component="section" aria-label="Comes next">
    <Title order={2}>Comes next</Title>
    {items.length === 0 ? (
      <Text c="dimmed" mt="sm">
        No active audience has a next refresh.
      </Text>
    ) : (
      <Stack mt="md" gap="sm">
        {items.map(({ audience, at, every }) => (
          <Group key={audience.id} justify="space-between" wrap="nowrap">
            <Anchor component={Link} href={`/audiences/${audience.id}`} fw={600} truncate>
              {audience.name}
            </Anchor>
            <Text size="sm" c="dimmed" flex="none">
              <Moment at={at} />
              {every && ` · every ${every}`}
            </Text>
          </Group>
        ))}
      </Stack>
    )}
  </Card>
)
