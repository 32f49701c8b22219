import { ActionIcon, Button, Group, Select, Stack, Text } from '@mantine/core'
import { IconArrowNarrowRight, IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import type { Identifier } from '../shapes.ts'

type Mapping = Record<string, string>
type Props = {
  identifiers: readonly Identifier[]
  fields: readonly string[]
  mapping: Mapping
  onChange: (mapping: Mapping) => void
}

const roles = {
  strong: 'Names a person',
  matching: 'Helps to match',
  describing: 'Describes a person',
} as const

/** Pairs of a field and what it is at the platform; "+" adds one. */
export function MappingTable({ identifiers, fields, mapping, onChange }: Props) {
  const [adding, setAdding] = useState<string | null>(null)
  const names = Object.keys(mapping)
  const mapped = identifiers.filter(({ name }) => names.includes(name))
  const free = identifiers.filter(({ name }) => !names.includes(name))
  const without = (gone: string) => Object.fromEntries(Object.entries(mapping).filter(([name]) => name !== gone))
  return (
    <Stack gap="sm">
      {mapped.map((identifier) => (
        <Group key={identifier.name} wrap="nowrap" gap="xs" align="center">
          <Select
            flex={1}
            miw={0}
            aria-label={`Field for ${identifier.label}`}
            data={[...fields]}
            value={mapping[identifier.name] ?? null}
            onChange={(field) => field && onChange({ ...mapping, [identifier.name]: field })}
            allowDeselect={false}
          />
          <IconArrowNarrowRight size={20} style={{ flex: 'none' }} aria-label="is sent as" />
          <Said identifier={identifier} />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            onClick={() => onChange(without(identifier.name))}
            aria-label={`Do not send ${identifier.label}`}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      {mapped.length === 0 && (
        <Text size="sm" c="dimmed">
          No field has a usual name. Add pairs by hand.
        </Text>
      )}
      {adding === null ? (
        free.length > 0 && (
          <Group>
            <Button
              variant="light"
              size="xs"
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={() => setAdding('')}
            >
              Add a pair
            </Button>
          </Group>
        )
      ) : (
        <NewPair
          free={free}
          fields={fields}
          onAdd={(name, field) => {
            onChange({ ...mapping, [name]: field })
            setAdding(null)
          }}
        />
      )}
    </Stack>
  )
}

const Said = ({ identifier }: { identifier: Identifier }) => (
  <Stack gap={0} flex={1} miw={0}>
    <Text size="sm" fw={550} truncate>
      {identifier.label}
    </Text>
    <Text size="xs" c="dimmed">
      {roles[identifier.role]} · {identifier.sent}
    </Text>
  </Stack>
)

function NewPair({
  free,
  fields,
  onAdd,
}: {
  free: readonly Identifier[]
  fields: readonly string[]
  onAdd: (name: string, field: string) => void
}) {
  const [field, setField] = useState<string | null>(null)
  return (
    <Group wrap="nowrap" gap="xs">
      <Select
        flex={1}
        miw={0}
        placeholder="Field"
        aria-label="Field of the new pair"
        data={[...fields]}
        value={field}
        onChange={setField}
      />
      <IconArrowNarrowRight size={20} style={{ flex: 'none' }} aria-label="is sent as" />
      <Select
        flex={1}
        miw={0}
        placeholder="Identifier"
        aria-label="Identifier of the new pair"
        data={free.map(({ name, label }) => ({ value: name, label }))}
        onChange={(name) => name && field && onAdd(name, field)}
        disabled={field === null}
        searchable
      />
    </Group>
  )
}
