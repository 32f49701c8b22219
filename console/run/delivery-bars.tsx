import { Group, Progress, Stack, Text } from '@mantine/core'
import { count } from '../parts/count.ts'
import type { Delivery } from '../shapes.ts'

/** Planned, sent, accepted, confirmed, rejected: bars that move while it runs. */
export function DeliveryBars({ delivery: { counts, progress } }: { delivery: Delivery }) {
  const planned = Math.max(counts.joined + counts.left + counts.updated + counts.again - counts.held, progress.numbered)
  const bars = [
    { name: 'Planned', value: planned, colour: 'gray.6' },
    { name: 'Sent', value: progress.sent, colour: 'indigo' },
    { name: 'Accepted', value: progress.accepted, colour: 'cyan' },
    { name: 'Confirmed', value: progress.confirmed, colour: 'teal' },
    { name: 'Rejected', value: progress.rejected, colour: 'red' },
  ]
  if (planned === 0) return null
  return (
    <Stack gap={8}>
      {bars
        .filter(({ name, value }) => name !== 'Rejected' || value > 0)
        .map(({ name, value, colour }) => (
          <Group key={name} wrap="nowrap" gap="md">
            <Text size="sm" w={80} flex="none">
              {name}
            </Text>
            <Progress.Root flex={1} size="lg" transitionDuration={400}>
              <Progress.Section value={(value / planned) * 100} color={colour} aria-label={name} />
            </Progress.Root>
            <Text size="sm" w={88} ta="right" className="numbers" flex="none">
              {count(value)}
            </Text>
          </Group>
        ))}
    </Stack>
  )
}
