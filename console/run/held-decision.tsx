import { Alert, Group, Text } from '@mantine/core'
import { IconHandStop } from '@tabler/icons-react'
import { answer, api } from '../api.ts'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { people } from '../parts/count.ts'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Delivery } from '../shapes.ts'

/** Leaves that wait for a person: what would happen, and the decision. */
export function HeldDecision({ delivery: { id, counts, list, destination, approvedLeaves } }: { delivery: Delivery }) {
  const mayAct = useMay('operator')
  const param = { id }
  const approve = useAct(() => answer(api.deliveries[':id'].approve.$post({ param, json: { leaves: counts.held } })), {
    tellsErrors: true,
    done: 'Approved: they are being removed.',
  })
  const discard = useAct(() => answer(api.deliveries[':id'].discard.$post({ param })), {
    tellsErrors: true,
    done: 'Discarded: nobody is removed. The next run judges afresh.',
  })
  const who = people(counts.held)
  const where = `the list ${list ?? ''} at ${destination.name}`
  return (
    <Alert color="yellow" variant="light" icon={<IconHandStop size={20} />} title={`${who} would be removed`}>
      <Text size="sm" mb="sm">
        More than the audience’s limit left at once, so they wait for a person. Those who joined were sent already.
        {approvedLeaves !== null && ' It is approved; the removal begins.'}
      </Text>
      {mayAct && approvedLeaves === null && (
        <Group gap="xs">
          <ConfirmButton
            label="Approve"
            title={`Remove ${who}?`}
            text={`${who} will be removed from ${where}.`}
            yes={`Remove ${who}`}
            act={() => approve.mutateAsync()}
            pending={approve.isPending}
            error={approve.error}
            color="red"
          />
          <ConfirmButton
            label="Discard"
            title="Drop these leaves?"
            text={`${who} stay in ${where} for now. If they are still gone at the next run, it asks again.`}
            yes="Discard"
            act={() => discard.mutateAsync()}
            pending={discard.isPending}
            error={discard.error}
            color="indigo"
            variant="default"
          />
        </Group>
      )}
      {!mayAct && <Text size="sm">An operator approves or discards it.</Text>}
    </Alert>
  )
}
