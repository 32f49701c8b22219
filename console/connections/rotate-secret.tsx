import { Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { useAct } from '../parts/use-act.ts'
import type { Destination } from '../shapes.ts'
import { SecretOnce } from './secret-once.tsx'

/** Makes a new secret for a destination whose secret is ours; requests carry both signatures until the next change. */
export function RotateSecret({ destination }: { destination: Destination }) {
  const [secret, setSecret] = useState<string>()
  const rotate = useAct(
    () => answer(api.destinations[':id']['rotate-secret'].$post({ param: { id: destination.id }, json: {} })),
    { done: 'A new secret signs from now on.', afterwards: (made) => setSecret(made.secret ?? undefined) },
  )
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2}>Secret</Title>
        <Text size="sm">
          A new one signs from then on. Until it is changed again, requests carry a signature by the one before as well.
        </Text>
        <Group>
          <Button variant="default" loading={rotate.isPending} onClick={() => rotate.mutate()}>
            Make a new secret
          </Button>
        </Group>
        <SecretOnce secret={secret} done={() => setSecret(undefined)} />
      </Stack>
    </Card>
  )
}
