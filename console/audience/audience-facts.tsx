import { Card, SimpleGrid, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { count } from '../parts/count.ts'
import { Moment } from '../parts/moment.tsx'
import type { Audience } from '../shapes.ts'

export function AudienceFacts({ audience }: { audience: Audience }) {
  const { size, kind, refreshInterval, nextRefreshAt, retryAt, status, paused, fields } = audience
  const next = status === 'active' && !paused ? <Moment at={retryAt ?? nextRefreshAt} none="when pushed" /> : '–'
  const facts: [string, ReactNode, string][] = [
    ['Size', size === null ? '–' : count(size), kind],
    ['Next refresh', next, refreshInterval ? `every ${refreshInterval}` : 'after an upload or Instant Sync'],
    [
      'Fields in use',
      fields.length === 0 ? 'none' : count(fields.length),
      fields.slice(0, 4).join(', ') + (fields.length > 4 ? ' …' : ''),
    ],
    ['Brake', `${audience.brake.percent} %`, `and more than ${count(audience.brake.minimum)} leaves wait for a person`],
  ]
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
      {facts.map(([name, value, more]) => (
        <Card key={name} padding="md">
          <Text size="sm" c="dimmed">
            {name}
          </Text>
          <Text fz={22} fw={650} lh={1.4} className="numbers">
            {value}
          </Text>
          <Text size="xs" c="dimmed" lineClamp={2}>
            {more}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  )
}
