import { Button, Card, Group, PasswordInput, Stack, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import type { Source } from '../shapes.ts'

/** Renames a source, or moves it to another address; the address is checked before it is kept. */
export function SourceAddress({ source: { id, name: before } }: { source: Source }) {
  const [name, setName] = useState(before)
  const [url, setUrl] = useState('')
  const save = useAct(
    () => answer(api.sources[':id'].$patch({ param: { id }, json: { name, ...(url && { credentials: { url } }) } })),
    {
      tellsErrors: true,
      done: 'Saved.',
      afterwards: () => setUrl(''),
    },
  )
  return (
    <Card>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap="md" maw={560}>
          <Title order={2}>Name and address</Title>
          <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} required />
          <PasswordInput
            label="Address"
            placeholder="set; leave empty to keep it"
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
            autoComplete="off"
          />
          {save.error && <ProblemAlert error={save.error} />}
          <Group justify="flex-end">
            <Button type="submit" variant="light" loading={save.isPending} disabled={name === before && url === ''}>
              Check and save
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  )
}
