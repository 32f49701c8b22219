import { Alert, Button, Card, Group, Stack, Text } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { answer, api } from '../api.ts'
import { Moment } from '../parts/moment.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { StandingAlert } from '../parts/standing-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import type { Destination } from '../shapes.ts'

/** Asks the platform now, and says plainly what it found. */
export function CheckDestination({ destination }: { destination: Destination }) {
  const check = useAct(() => answer(api.destinations[':id'].check.$post({ param: { id: destination.id } })), {
    tellsErrors: true,
  })
  return (
    <Card>
      <Stack gap="md">
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            Checked <Moment at={destination.checkedAt} none="never" />
          </Text>
          <Button variant="light" onClick={() => check.mutate()} loading={check.isPending}>
            Check connection
          </Button>
        </Group>
        {check.error && <ProblemAlert error={check.error} />}
        {check.data?.ok && (
          <Alert color="teal" variant="light" icon={<IconCircleCheck size={20} />} title="All is in order">
            {check.data.problems.length === 0
              ? 'Token, permission and account are accepted.'
              : 'What can be checked is in order.'}
          </Alert>
        )}
        {check.data?.problems.map((problem) => (
          <StandingAlert problem={problem} key={problem.what} />
        ))}
      </Stack>
    </Card>
  )
}
