import { Card, Group, Text, Title } from '@mantine/core'
import { useLocation } from 'wouter'
import { answer, api } from '../api.ts'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { useAct } from '../parts/use-act.ts'
import type { Audience } from '../shapes.ts'

export function DeleteAudience({ audience: { id, name, status } }: { audience: Audience }) {
  const [, go] = useLocation()
  const remove = useAct(() => answer(api.audiences[':id'].$delete({ param: { id } })), {
    tellsErrors: true,
    afterwards: () => go('/audiences'),
    done: 'Deleted.',
  })
  return (
    <Card>
      <Group justify="space-between">
        <div>
          <Title order={3}>Delete</Title>
          <Text size="sm" c="dimmed">
            Takes away its syncs, runs and members here; lists at the destinations stay as they are.
          </Text>
        </div>
        <ConfirmButton
          label="Delete"
          title={`Delete ${name}?`}
          text={
            status === 'draft'
              ? 'It is a draft: nobody was ever sent.'
              : 'Its runs and the answer to “why is this person not there” are gone then.'
          }
          yes="Delete audience"
          act={() => remove.mutateAsync()}
          pending={remove.isPending}
          error={remove.error}
          color="red"
          variant="light"
        />
      </Group>
    </Card>
  )
}
