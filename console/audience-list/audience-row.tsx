import { Anchor, Group, Table, Text } from '@mantine/core'
import { Link } from 'wouter'
import { count } from '../parts/count.ts'
import { Moment } from '../parts/moment.tsx'
import { Sparkline } from '../parts/sparkline.tsx'
import { StandingDot } from '../parts/standing-dot.tsx'
import { StatusBadge } from '../parts/status-badge.tsx'
import type { AudienceSummary } from '../shapes.ts'

type Props = {
  audience: AudienceSummary
  index: number
  /** Told of the row as it is drawn: a long name makes it higher than others. */
  measure: (row: HTMLTableRowElement | null) => void
}

export function AudienceRow({ audience, index, measure }: Props) {
  const { id, name, status, paused, kind, size, sizes, syncs, refreshedAt, nextRefreshAt, refreshInterval } = audience
  return (
    <Table.Tr ref={measure} data-index={index}>
      <Table.Td>
        <Group gap="xs">
          <Anchor component={Link} href={`/audiences/${id}`} fw={600} style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Anchor>
          {(status !== 'active' || paused) && <StatusBadge status={paused ? 'paused' : status} size="sm" />}
        </Group>
      </Table.Td>
      <Table.Td>
        <Group gap="sm" wrap="nowrap">
          <Text className="numbers" miw={56} ta="right">
            {size === null ? '–' : count(size)}
          </Text>
          <Text component="span" visibleFrom="sm" lh={0}>
            <Sparkline values={sizes} />
          </Text>
        </Group>
      </Table.Td>
      <Table.Td>
        <Group gap={8}>
          {syncs.map((sync) => (
            <StandingDot key={sync.id} standing={sync.standing} name={sync.destination.name} />
          ))}
          {syncs.length === 0 && (
            <Text size="sm" c="dimmed">
              none
            </Text>
          )}
        </Group>
      </Table.Td>
      <Table.Td visibleFrom="md">
        <Text size="sm">{kind}</Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm">
          <Moment at={refreshedAt} none="never" />
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm">
          {status === 'active' && !paused ? (
            <Moment at={nextRefreshAt} none={kind === 'static' ? 'when pushed' : '–'} />
          ) : (
            '–'
          )}
          {refreshInterval && (
            <Text span size="sm" c="dimmed">
              {' '}
              · every {refreshInterval}
            </Text>
          )}
        </Text>
      </Table.Td>
    </Table.Tr>
  )
}
