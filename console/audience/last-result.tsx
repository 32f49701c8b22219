import { Anchor, Group, Text } from '@mantine/core'
import { Link } from 'wouter'
import { count } from '../parts/count.ts'
import { Moment } from '../parts/moment.tsx'
import { StatusBadge } from '../parts/status-badge.tsx'
import type { Sync } from '../shapes.ts'

const told = ['joined', 'left', 'updated', 'held', 'unusable', 'rejected'] as const

/** What the last delivery of a sync brought, in numbers. */
export function LastResult({ last }: { last: Sync['last'] }) {
  if (!last) return null
  const numbers = told.flatMap((name) =>
    last[name] > 0 || name === 'joined' || name === 'left' ? `${count(last[name])} ${name}` : [],
  )
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed">
        Last delivery
      </Text>
      <StatusBadge status={last.status} size="sm" />
      <Anchor component={Link} href={`/runs/${last.runId}`} size="sm" className="numbers">
        {numbers.join(' · ')}
      </Anchor>
      <Text size="sm" c="dimmed">
        <Moment at={last.startedAt} />
      </Text>
    </Group>
  )
}
