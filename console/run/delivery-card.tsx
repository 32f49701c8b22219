import { Anchor, Button, Card, Collapse, Group, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { count } from '../parts/count.ts'
import { StandingAlert } from '../parts/standing-alert.tsx'
import { StatusBadge } from '../parts/status-badge.tsx'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Delivery } from '../shapes.ts'
import { BatchesTable } from './batches-table.tsx'
import { DeliveryBars } from './delivery-bars.tsx'
import { HeldDecision } from './held-decision.tsx'

const told = [
  ['joined', 'joined'],
  ['left', 'left'],
  ['updated', 'updated'],
  ['again', 'sent again'],
  ['unusable', 'unusable'],
  ['retained', 'left, but stay by a shared identifier'],
  ['waiting', 'wait for an earlier receipt'],
] as const

const isOpen = (status: string) => ['planned', 'hashing', 'uploading'].includes(status)

/** What a run brings to one destination. */
export function DeliveryCard({ delivery }: { delivery: Delivery }) {
  const mayAct = useMay('operator')
  const [opened, { toggle }] = useDisclosure()
  const cancel = useAct(() => answer(api.deliveries[':id'].cancel.$post({ param: { id: delivery.id } })), {
    tellsErrors: true,
    done: 'It stops after the batch in hand.',
  })
  const { destination, mode, list, counts, status, problem, progress } = delivery
  const facts = told.flatMap(([name, words]) => (counts[name] > 0 ? `${count(counts[name])} ${words}` : []))
  return (
    <Card component="section" aria-label={destination.name}>
      <Stack gap="md">
        <Group justify="space-between">
          <div>
            <Title order={2}>
              <Anchor component={Link} href={`/destinations/${destination.id}`} inherit>
                {destination.name}
              </Anchor>
            </Title>
            <Text size="sm" c="dimmed">
              {mode === 'event' ? 'Events' : list && `List: ${list}`}
              {delivery.goal === 'empty' &&
                (mode === 'event' ? ' · everybody is announced as gone' : ' · is being emptied')}
            </Text>
          </div>
          <Group gap="xs">
            <StatusBadge status={status} />
            {mayAct && isOpen(status) && (
              <ConfirmButton
                label="Cancel"
                title="Stop this delivery?"
                text={`${count(progress.sent)} were sent already and stay as they are. The next run sends the rest.`}
                yes="Stop delivery"
                act={() => cancel.mutateAsync()}
                pending={cancel.isPending}
                error={cancel.error}
                variant="subtle"
                size="xs"
              />
            )}
          </Group>
        </Group>
        {problem && <StandingAlert problem={problem} />}
        {status === 'held' && <HeldDecision delivery={delivery} />}
        <Text className="numbers">{facts.join(' · ') || 'Nothing to change.'}</Text>
        <DeliveryBars delivery={delivery} />
        <Group>
          <Button variant="default" size="xs" onClick={toggle} aria-expanded={opened}>
            {opened ? 'Hide' : 'Show'} reasons, batches and receipts
          </Button>
        </Group>
        <Collapse expanded={opened}>
          {opened && <BatchesTable deliveryId={delivery.id} isOver={delivery.settledAt !== null} />}
        </Collapse>
      </Stack>
    </Card>
  )
}
