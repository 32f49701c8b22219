import { ActionIcon, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconArrowNarrowLeft, IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'

type Properties = Record<string, string>
type Props = { fields: readonly string[]; properties: Properties; onChange: (properties: Properties) => void }

/** What else goes with each event: a name there, and the field that it is sent from; "+" adds one. */
export function PropertiesTable({ fields, properties, onChange }: Props) {
  const [adding, setAdding] = useState(false)
  const without = (gone: string) => Object.fromEntries(Object.entries(properties).filter(([name]) => name !== gone))
  return (
    <Stack gap="sm">
      {Object.entries(properties).map(([name, field]) => (
        <Group key={name} wrap="nowrap" gap="xs">
          <Text size="sm" fw={550} flex={1} miw={0} truncate>
            {name}
          </Text>
          <IconArrowNarrowLeft size={20} style={{ flex: 'none' }} aria-label="is sent from" />
          <Select
            flex={1}
            miw={0}
            aria-label={`Field for ${name}`}
            data={[...fields]}
            value={field}
            onChange={(chosen) => chosen && onChange({ ...properties, [name]: chosen })}
            allowDeselect={false}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            onClick={() => onChange(without(name))}
            aria-label={`Do not send ${name}`}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      {adding ? (
        <NewProperty
          fields={fields}
          taken={Object.keys(properties)}
          onAdd={(name, field) => {
            onChange({ ...properties, [name]: field })
            setAdding(false)
          }}
        />
      ) : (
        <Group>
          <Button
            variant="light"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            Add a property
          </Button>
        </Group>
      )}
    </Stack>
  )
}

function NewProperty({
  fields,
  taken,
  onAdd,
}: {
  fields: readonly string[]
  taken: readonly string[]
  onAdd: (name: string, field: string) => void
}) {
  const [name, setName] = useState('')
  const [field, setField] = useState<string | null>(null)
  const wanted = name.trim() || field || ''
  return (
    <Stack gap="xs">
      <Group wrap="nowrap" gap="xs">
        <TextInput
          flex={1}
          miw={0}
          placeholder={field ?? 'Name'}
          aria-label="Name of the new property"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <IconArrowNarrowLeft size={20} style={{ flex: 'none' }} aria-label="is sent from" />
        <Select
          flex={1}
          miw={0}
          placeholder="Field"
          aria-label="Field of the new property"
          data={[...fields]}
          value={field}
          onChange={setField}
        />
        <Button
          size="sm"
          variant="light"
          disabled={!field || taken.includes(wanted)}
          onClick={() => field && onAdd(wanted, field)}
        >
          Add
        </Button>
      </Group>
      {taken.includes(wanted) && (
        <Text size="sm" c="orange">
          There is a property of this name already.
        </Text>
      )}
    </Stack>
  )
}
