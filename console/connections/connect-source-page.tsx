import { Button, Card, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { answer, api } from '../api.ts'
import { Page } from '../parts/page.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'

export default function ConnectSourcePage() {
  const [, go] = useLocation()
  const [name, setName] = useState('')
  const [url, setUrl] = useState('')
  const connect = useAct(() => answer(api.sources.$post({ json: { name, kind: 'postgres', credentials: { url } } })), {
    tellsErrors: true,
    done: 'Connected, and checked.',
    afterwards: ({ id }) => go(`/sources/${id}`),
  })
  return (
    <Page title="Connect a source" trail={[{ name: 'Sources', to: '/sources' }]}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          connect.mutate()
        }}
      >
        <Card maw={640}>
          <Stack gap="lg">
            <TextInput
              label="Name"
              placeholder="Shop"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              required
            />
            <PasswordInput
              label="Address of the PostgreSQL database"
              description="postgres://user:password@host:5432/database. A user that may only read is enough."
              value={url}
              onChange={(event) => setUrl(event.currentTarget.value)}
              autoComplete="off"
              required
            />
            <Text size="sm" c="dimmed">
              The address is stored sealed and is never shown again.
            </Text>
            {connect.error && <ProblemAlert error={connect.error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={connect.isPending}>
                Check and connect
              </Button>
            </Group>
          </Stack>
        </Card>
      </form>
    </Page>
  )
}
