import { Alert, Group, Text } from '@mantine/core'
import { IconHandStop } from '@tabler/icons-react'
import { answer, api } from '../api.ts'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { people } from '../parts/count.ts'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Delivery } from '../shapes.ts'

/** Leaves that wait for a person: what would happen, and the decision. */
export function HeldDecision({
  delivery: { id, counts, mode, list, destination, approvedLeaves },
}: {
  delivery: Delivery
}) {
  const mayAct = useMay('operator')
  const param = { id }
  const approve = useAct(() => answer(api.deliveries[':id'].approve.$post({ param, json: { leaves: counts.held } })), {
    tellsErrors: true,
    done: 'Approved: their leaves go out.',
  })
  const discard = useAct(() => answer(api.deliveries[':id'].discard.$post({ param })), {
    tellsErrors: true,
    done: 'Discarded: no leave goes out. The next run judges afresh.',
  })
  const who = people(counts.held)
  const words =
    mode === 'event' ? ofEvents(who, destination.name) : ofList(who, `the list ${list ?? ''} at ${destination.name}`)
  return (
    <Alert color="yellow" variant="light" icon={<IconHandStop size={20} />} title={words.would}>
      <Text size="sm" mb="sm">
        More than the audience’s limit left at once, so they wait for a person. Those who joined were sent already.
        {approvedLeaves !== null && ' It is approved; it begins.'}
      </Text>
      {mayAct && approvedLeaves === null && (
        <Group gap="xs">
          <ConfirmButton
            label="Approve"
            title={words.asks}
            text={words.will}
            yes={words.yes}
            act={() => approve.mutateAsync()}
            pending={approve.isPending}
            error={approve.error}
            color="red"
          />
          <ConfirmButton
            label="Discard"
            title="Drop these leaves?"
            text={`${words.stay} If they are still gone at the next run, it asks again.`}
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

const ofList = (who: string, list: string) => ({
  would: `${who} would be removed`,
  asks: `Remove ${who}?`,
  will: `${who} will be removed from ${list}.`,
  yes: `Remove ${who}`,
  stay: `${who} stay in ${list} for now.`,
})

const ofEvents = (who: string, destination: string) => ({
  would: `${who} would be announced as gone`,
  asks: `Announce that ${who} left?`,
  will: `${destination} will be told that ${who} left the audience.`,
  yes: `Announce ${who}`,
  stay: `${destination} is told nothing of ${who} for now.`,
})
