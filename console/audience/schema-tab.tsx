import { Button, Card, Checkbox, Code, Group, Progress, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Audience, Field } from '../shapes.ts'
import { UploadMembers } from './upload-members.tsx'

export function SchemaTab({ audience }: { audience: Audience }) {
  const mayAct = useMay('operator')
  const fields = useQuery({
    queryKey: ['fields', audience.id],
    queryFn: () => answer(api.audiences[':id'].fields.$get({ param: { id: audience.id } })),
    staleTime: 60_000,
  })
  return (
    <Stack gap="lg">
      {audience.kind === 'static' && mayAct && <UploadMembers audienceId={audience.id} />}
      <Loaded query={fields} rows={6}>
        {({ items, sampled }) => <Choice audience={audience} fields={items} sampled={sampled} key={items.length} />}
      </Loaded>
    </Stack>
  )
}

/** The fields that the source offers; a chosen one can be mapped. The member id is known anyway. */
function Choice({ audience, fields, sampled }: { audience: Audience; fields: readonly Field[]; sampled: number }) {
  const mayAct = useMay('operator')
  const [chosen, setChosen] = useState<readonly string[]>(audience.fields)
  const update = useAct(
    () => answer(api.audiences[':id'].schema.$put({ param: { id: audience.id }, json: { fields: [...chosen] } })),
    {
      tellsErrors: true,
      done: 'The schema is updated.',
    },
  )
  const isSame = chosen.length === audience.fields.length && chosen.every((name) => audience.fields.includes(name))
  const toggle = (name: string) =>
    setChosen(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name])
  if (fields.length === 0) return <Text c="dimmed">There are no fields yet: upload members first.</Text>
  return (
    <Card padding={0}>
      <Group justify="space-between" p="lg">
        <Text c="dimmed" size="sm">
          Counted over {sampled.toLocaleString('en-US')} members; values are masked.
        </Text>
        {mayAct && (
          <Button onClick={() => update.mutate()} loading={update.isPending} disabled={isSame || chosen.length === 0}>
            Update Schema
          </Button>
        )}
      </Group>
      {update.error && <ProblemAlert error={update.error} />}
      <Table.ScrollContainer minWidth={560}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              <Table.Th>Type</Table.Th>
              <Table.Th w={160}>Filled</Table.Th>
              <Table.Th>Samples</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {fields.map((field) => (
              <Table.Tr key={field.name}>
                <Table.Td>
                  <Checkbox
                    label={field.isMemberId ? `${field.name} (member id)` : field.name}
                    checked={chosen.includes(field.name)}
                    onChange={() => toggle(field.name)}
                    disabled={!mayAct}
                  />
                </Table.Td>
                <Table.Td>
                  <Text size="sm" c="dimmed">
                    {field.type}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Filled share={field.filled} name={field.name} />
                </Table.Td>
                <Table.Td>
                  <Group gap={6}>
                    {field.samples.map((sample) => (
                      <Code key={sample}>{sample}</Code>
                    ))}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  )
}

const Filled = ({ share, name }: { share: number | null; name: string }) =>
  share === null ? (
    <Text size="sm">–</Text>
  ) : (
    <Group gap="xs" wrap="nowrap">
      <Progress
        value={share * 100}
        w={64}
        color={share > 0.5 ? 'teal' : 'orange'}
        aria-label={`Share of ${name} that is filled`}
      />
      <Text size="sm" className="numbers">
        {Math.round(share * 100)} %
      </Text>
    </Group>
  )
