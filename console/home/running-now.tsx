import { Anchor, Card, Group, Progress, Stack, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import { count } from '../parts/count.ts'
import { Moment } from '../parts/moment.tsx'
import type { Overview } from '../shapes.ts'

export const RunningNow = ({ items }: { items: Overview['running'] }) => (
  <Card component="section" aria-label="Runs now">
    <Title order={2}>Runs now</Title>
    {items.length === 0 ? (
      <Text c="dimmed" mt="sm">
        Nothing at this moment.
      </Text>
    ) : (
      <Stack mt="md" gap="md">
        {items.map(({ runId, audience, since, destinations, planned, sent }) => (
          <div key={runId}>
            <Group justify="space-between" wrap="nowrap">
              <Anchor component={Link} href={`/runs/${runId}`} fw={600} truncate>
                {audience.name}
              </Anchor>
              <Text size="sm" c="dimmed" flex="none">
                <Moment at={since} />
              </Text>
            </Group>
            <Text size="sm" c="dimmed">
              {planned > 0
                ? `${count(sent)} of ${count(planned)} sent to ${destinations.join(', ')}`
                : 'Reading the source and comparing'}
            </Text>
            {planned > 0 && <Progress value={(sent / planned) * 100} mt={6} aria-label={`${audience.name}: sent`} />}
          </div>
        ))}
      </Stack>
    )}
  </Card>
)
