import {
  Alert,
  Badge,
  Button,
  Card,
  Code,
  CopyButton,
  Group,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import { useSession } from '../session/session.ts'
import type { ApiKey, Role } from '../shapes.ts'

const roles = [
  { value: 'viewer', label: 'viewer: looks' },
  { value: 'operator', label: 'operator: runs, pauses, approves, edits' },
  { value: 'admin', label: 'admin: also connects, and makes keys' },
]

export default function KeysPage() {
  const keys = useQuery({
    queryKey: ['keys'],
    queryFn: () => answer(api['api-keys'].$get({ query: { limit: '200' } })),
  })
  return (
    <Page title="API keys">
      <NewKey />
      <Loaded query={keys}>{({ items }) => <Keys items={items} />}</Loaded>
    </Page>
  )
}

function NewKey() {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const make = useAct(() => answer(api['api-keys'].$post({ json: { name, role } })), {
    tellsErrors: true,
    afterwards: () => setName(''),
  })
  return (
    <Card>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <Stack gap="md">
          <Group align="flex-end">
            <TextInput
              label="For whom or what"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              required
              withAsterisk={false}
              flex={1}
              miw={200}
            />
            <Select
              label="Role"
              data={roles}
              value={role}
              onChange={(value) => setRole(value === 'admin' || value === 'operator' ? value : 'viewer')}
              allowDeselect={false}
              w={300}
            />
            <Button type="submit" loading={make.isPending}>
              Make key
            </Button>
          </Group>
          {make.error && <ProblemAlert error={make.error} />}
          {make.data && (
            <Alert color="teal" variant="light" title={`The key of ${make.data.name}, shown this once`}>
              <Group>
                <Code>{make.data.key}</Code>
                <CopyButton value={make.data.key}>
                  {({ copied, copy }) => (
                    <Button size="compact-xs" variant="light" onClick={copy}>
                      {copied ? 'Copied' : 'Copy'}
                    </Button>
                  )}
                </CopyButton>
              </Group>
            </Alert>
          )}
        </Stack>
      </form>
    </Card>
  )
}

function Keys({ items }: { items: readonly ApiKey[] }) {
  const { key: own } = useSession()
  const revoke = useAct((id: string) => answer(api['api-keys'][':id'].$delete({ param: { id } })), {
    tellsErrors: true,
    done: 'Revoked.',
  })
  return (
    <Card padding={0}>
      <Table.ScrollContainer minWidth={560}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Role</Table.Th>
              <Table.Th>Begins with</Table.Th>
              <Table.Th>Last used</Table.Th>
              <Table.Th aria-label="What can be done" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map(({ id, name, role, hint, lastUsedAt }) => (
              <Table.Tr key={id}>
                <Table.Td>
                  {name} {id === own.id && <Badge color="indigo">yours</Badge>}
                </Table.Td>
                <Table.Td>{role}</Table.Td>
                <Table.Td>
                  <Code>{hint}…</Code>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">
                    <Moment at={lastUsedAt} none="never" />
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  {id !== own.id && (
                    <ConfirmButton
                      label="Revoke"
                      title={`Revoke the key of ${name}?`}
                      text="Whoever uses it is refused from now on, also in a session of the console."
                      yes="Revoke key"
                      act={() => revoke.mutateAsync(id)}
                      pending={revoke.isPending}
                      error={revoke.error}
                      variant="subtle"
                      color="red"
                      size="xs"
                    />
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  )
}
