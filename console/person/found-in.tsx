import { Anchor, Badge, Card, Group, Stack, Text, Timeline } from '@mantine/core'
import { Link } from 'wouter'
import { Moment } from '../parts/moment.tsx'
import type { Found } from '../shapes.ts'
import { SentEvent } from './sent-event.tsx'

const colours: Readonly<Record<string, string>> = {
  confirmed: 'teal',
  accepted: 'teal',
  adding: 'blue',
  removing: 'blue',
  retained: 'yellow',
  rejected: 'red',
  unusable: 'orange',
  unconfirmed: 'orange',
}

/** A person in one audience and destination: the state in a sentence, why, and what happened before. */
export const FoundIn = ({ item }: { item: Found['items'][number] }) => (
  <Card component="section" aria-label={`${item.audience.name} at ${item.destination.name}`}>
    <Stack gap="sm">
      <Group justify="space-between">
        <Text fw={600}>
          <Anchor component={Link} href={`/audiences/${item.audience.id}`} inherit>
            {item.audience.name}
          </Anchor>
          {' → '}
          <Anchor component={Link} href={`/destinations/${item.destination.id}`} inherit>
            {item.destination.name}
          </Anchor>
        </Text>
        <Badge color={colours[item.state] ?? 'gray'}>{item.state}</Badge>
      </Group>
      <Text>{item.says}</Text>
      {item.reason && (
        <Text size="sm">
          Reason: <b>{item.reason}</b>
        </Text>
      )}
      <Text size="sm" c="dimmed">
        {item.mode === 'event' ? 'Events' : item.list && `List: ${item.list}`}
        {item.since && (
          <>
            {' · since '}
            <Moment at={item.since} />
          </>
        )}
        {item.confirmedAt && (
          <>
            {' · confirmed '}
            <Moment at={item.confirmedAt} />
          </>
        )}
        {item.retryAt && (
          <>
            {' · tried again '}
            <Moment at={item.retryAt} />
          </>
        )}
      </Text>
      {item.event && <SentEvent sent={item.event} />}
      {item.history.length > 0 && (
        <Timeline bulletSize={12} lineWidth={2} active={-1} mt="xs">
          {item.history.map(({ at, event, state, since, reason, sent }) => (
            <Timeline.Item key={at + event} title={<Text size="sm">{event}</Text>}>
              <Text size="xs" c="dimmed">
                <Moment at={at} /> · was {state} since <Moment at={since} />
                {reason && ` · ${reason}`}
              </Text>
              {sent && <SentEvent sent={sent} />}
            </Timeline.Item>
          ))}
        </Timeline>
      )}
    </Stack>
  </Card>
)
