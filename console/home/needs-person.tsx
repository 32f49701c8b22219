import { Anchor, Badge, Card, Group, Stack, Text, Title } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { Link } from 'wouter'
import { Moment } from '../parts/moment.tsx'
import type { Overview } from '../shapes.ts'

type Item = Overview['needsPerson'][number]

const kinds = { held: 'Held', destination: 'Destination', sync: 'Sync', audience: 'Audience' } as const

function placeOf({ kind, runId, destination, audience, mode }: Item): string {
  if (kind === 'held' && runId) return `/runs/${runId}`
  if (kind === 'destination' && destination) return `/destinations/${destination.id}`
  const tab = mode === 'event' ? 'events' : 'syncs'
  return `/audiences/${audience?.id}/${kind === 'sync' ? tab : 'overview'}`
}

/** What stands still until somebody acts. */
export const NeedsPerson = ({ items }: { items: readonly Item[] }) => (
  <Card component="section" aria-label="Needs you">
    <Group gap="xs">
      <Title order={2}>Needs you</Title>
      {items.length > 0 && <Badge color="orange">{items.length}</Badge>}
    </Group>
    {items.length === 0 ? (
      <Group gap="xs" mt="sm" c="dimmed" wrap="nowrap">
        <IconCircleCheck size={20} color="var(--mantine-color-teal-6)" aria-hidden />
        <Text>Nothing. Everything goes on by itself.</Text>
      </Group>
    ) : (
      <Stack mt="md" gap="md">
        {items.map((item) => (
          <Group
            key={`${item.kind} ${item.syncId} ${item.destination?.id} ${item.audience?.id}`}
            align="flex-start"
            wrap="nowrap"
            gap="md"
          >
            <Badge color={item.kind === 'held' ? 'yellow' : 'red'} w={100} flex="none">
              {kinds[item.kind]}
            </Badge>
            <div>
              <Anchor component={Link} href={placeOf(item)} fw={600}>
                {[item.audience?.name, item.destination?.name].filter(Boolean).join(' → ')}
              </Anchor>
              <Text size="sm">{item.what}</Text>
              <Text size="sm" c="dimmed">
                {item.next} · since <Moment at={item.at} />
              </Text>
            </div>
          </Group>
        ))}
      </Stack>
    )}
  </Card>
)
