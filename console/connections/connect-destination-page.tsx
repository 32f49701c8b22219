import { Button, Card, Group, Select, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { SchemaForm } from '../parts/schema-form.tsx'
import { useAct } from '../parts/use-act.ts'
import type { Platform } from '../shapes.ts'
import { SecretOnce } from './secret-once.tsx'

export default function ConnectDestinationPage() {
  const platforms = useQuery({ queryKey: ['platforms'], queryFn: () => answer(api.platforms.$get()) })
  return (
    <Page title="Connect a destination" trail={[{ name: 'Destinations', to: '/destinations' }]}>
      <Loaded query={platforms}>{({ items }) => <Form platforms={items} />}</Loaded>
    </Page>
  )
}

/** The form of a platform is made of what the platform says it needs; a sandbox account needs nothing. */
function Form({ platforms }: { platforms: readonly Platform[] }) {
  const [, go] = useLocation()
  const [platformId, setPlatformId] = useState(platforms[0]?.id ?? '')
  const [name, setName] = useState('')
  const [sandbox, setSandbox] = useState(false)
  const [settings, setSettings] = useState({})
  const [credentials, setCredentials] = useState({})
  const [made, setMade] = useState<{ id: string; secret: string }>()
  const platform = platforms.find(({ id }) => id === platformId)
  const connect = useAct(
    () =>
      answer(
        api.destinations.$post({
          json: { name, platform: platformId, sandbox, ...(sandbox ? {} : { settings, credentials }) },
        }),
      ),
    {
      tellsErrors: true,
      done: 'Connected, and checked.',
      afterwards: ({ id, secret }) => (secret ? setMade({ id, secret }) : go(`/destinations/${id}`)),
    },
  )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        connect.mutate()
      }}
    >
      <SecretOnce secret={made?.secret} done={() => go(`/destinations/${made?.id}`)} />
      <Card maw={640}>
        <Stack gap="lg">
          <Select
            label="Platform"
            data={platforms.map(({ id, name }) => ({ value: id, label: name }))}
            value={platformId}
            onChange={(id) => {
              setPlatformId(id ?? '')
              setSettings({})
              setCredentials({})
            }}
            allowDeselect={false}
          />
          <TextInput
            label="Name"
            placeholder={`Our ${platform?.name ?? ''} account`}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
          />
          <Switch
            label="Sandbox account"
            description="A stand-in of the platform, with an account made for it. Nothing leaves this house."
            checked={sandbox}
            onChange={(event) => setSandbox(event.currentTarget.checked)}
          />
          {platform && !sandbox && (
            <>
              <SchemaForm schema={platform.settings} values={settings} onChange={setSettings} />
              <SchemaForm schema={platform.credentials} values={credentials} onChange={setCredentials} />
              <Text size="sm" c="dimmed">
                Credentials are stored sealed and are never shown again.
              </Text>
            </>
          )}
          {connect.error && <ProblemAlert error={connect.error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={connect.isPending}>
              Check and connect
            </Button>
          </Group>
        </Stack>
      </Card>
    </form>
  )
}
