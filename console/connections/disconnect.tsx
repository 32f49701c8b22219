import { Card, Group, Text, Title } from '@mantine/core'
import { useLocation } from 'wouter'
import { answer, api } from '../api.ts'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { useAct } from '../parts/use-act.ts'
import type { Destination } from '../shapes.ts'

export function Disconnect({ destination: { id, name } }: { destination: Destination }) {
  const [, go] = useLocation()
  const remove = useAct(() => answer(api.destinations[':id'].$delete({ param: { id } })), {
    tellsErrors: true,
    done: 'Disconnected.',
    afterwards: () => go('/destinations'),
  })
  return (
    <Card>
      <Group justify="space-between">
        <div>
          <Title order={2}>Disconnect</Title>
          <Text size="sm" c="dimmed">
            Possible once no sync uses it. Lists at the platform stay as they are.
          </Text>
        </div>
        <ConfirmButton
          label="Disconnect"
          title={`Disconnect ${name}?`}
          text="Its credentials are deleted here. Lists at the platform keep their people."
          yes="Disconnect"
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
