import { Code, Text } from '@mantine/core'
import { Moment } from '../parts/moment.tsx'
import type { Found } from '../shapes.ts'

type Sent = NonNullable<Found['items'][number]['event']>

const words = { added: 'Join event', removed: 'Leave event' } as const

/** An event that the platform was told, by the id that it has there. */
export const SentEvent = ({ sent: { action, id, at } }: { sent: Sent }) => (
  <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
    {words[action]} <Code fz={11}>{id}</Code> · <Moment at={at} />
  </Text>
)
