import { Button, Card, Collapse, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { SchemaForm } from '../parts/schema-form.tsx'
import { useAct } from '../parts/use-act.ts'
import type { Destination, Platform } from '../shapes.ts'

/** New credentials or settings: checked at the platform first; then what stood still goes on at once. */
export function Reconnect({ destination, platform }: { destination: Destination; platform: Platform }) {
  const isBroken = destination.status === 'needs_attention'
  const [opened, { toggle, close }] = useDisclosure(isBroken)
  const [name, setName] = useState(destination.name)
  const [settings, setSettings] = useState<Record<string, unknown>>(destination.settings)
  const [credentials, setCredentials] = useState<Record<string, unknown>>({})
  const save = useAct(
    () =>
      answer(
        api.destinations[':id'].$patch({
          param: { id: destination.id },
          json: {
            name,
            ...(isBroken ||
            Object.keys(credentials).length > 0 ||
            JSON.stringify(settings) !== JSON.stringify(destination.settings)
              ? { settings, credentials }
              : {}),
          },
        }),
      ),
    {
      tellsErrors: true,
      done: 'Connected. What stood still goes on now.',
      afterwards: () => {
        setCredentials({})
        close()
      },
    },
  )
  return (
    <Card>
      <Group justify="space-between">
        <div>
          <Title order={2}>Reconnect</Title>
          <Text size="sm" c="dimmed">
            A new token, other settings, or another name.
          </Text>
        </div>
        <Button variant="light" onClick={toggle} aria-expanded={opened}>
          {opened ? 'Close' : 'Reconnect'}
        </Button>
      </Group>
      <Collapse expanded={opened}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            save.mutate()
          }}
        >
          <Stack gap="md" mt="md" maw={560}>
            <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} required />
            <SchemaForm
              schema={platform.credentials}
              values={credentials}
              onChange={setCredentials}
              known={destination.credentials}
            />
            <SchemaForm schema={platform.settings} values={settings} onChange={setSettings} />
            {save.error && <ProblemAlert error={save.error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={save.isPending}>
                Check and save
              </Button>
            </Group>
          </Stack>
        </form>
      </Collapse>
    </Card>
  )
}
