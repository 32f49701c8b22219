import { Card, SimpleGrid, Text } from '@mantine/core'
import { roughly } from '../parts/count.ts'
import type { Overview } from '../shapes.ts'

export function Totals({ totals }: { totals: Overview['totals'] }) {
  const { active, paused, draft } = totals
  const others = [paused > 0 && `${paused} paused`, draft > 0 && `${draft} draft`].filter(Boolean).join(', ')
  const facts = [
    { name: 'Active audiences', value: roughly(active), more: others },
    { name: 'Members in them', value: roughly(totals.members), more: '' },
    { name: 'Syncs switched on', value: roughly(totals.syncs), more: '' },
    {
      name: 'Destinations',
      value: roughly(totals.destinations),
      more: totals.sources === 1 ? '1 source' : `${totals.sources} sources`,
    },
  ]
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
      {facts.map(({ name, value, more }) => (
        <Card key={name} padding="md">
          <Text size="sm" c="dimmed">
            {name}
          </Text>
          <Text fz={26} fw={650} lh={1.3} className="numbers">
            {value}
          </Text>
          <Text size="xs" c="dimmed" mih={18}>
            {more}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  )
}
