import { PasswordInput, Select, SimpleGrid, Switch, TextInput } from '@mantine/core'
import { type FormField, fieldsOf } from './schema-fields.ts'

type Values = Record<string, unknown>
type Props = {
  /** The JSON Schema of an object, as the API tells it. */
  schema: Record<string, unknown>
  values: Values
  onChange: (values: Values) => void
  /** Fields that have a value which is not shown: they may stay empty. */
  known?: readonly string[]
  /** How many fields stand side by side where there is room. */
  columns?: number
}

/** A form made of a JSON Schema: a field of it for each property, by its type. */
export function SchemaForm({ schema, values, onChange, known = [], columns = 1 }: Props) {
  const fields = fieldsOf(schema)
  if (fields.length === 0) return null
  return (
    <SimpleGrid cols={{ base: 1, md: columns }} spacing="lg" verticalSpacing="md">
      {fields.map((field) => (
        <OneField
          key={field.name}
          field={
            known.includes(field.name) ? { ...field, required: false, hint: 'set; leave empty to keep it' } : field
          }
          value={values[field.name]}
          onChange={(value) => onChange(withValue(values, field.name, value))}
        />
      ))}
    </SimpleGrid>
  )
}

const withValue = (values: Values, name: string, value: unknown): Values =>
  value === '' || value === null || value === undefined
    ? Object.fromEntries(Object.entries(values).filter(([each]) => each !== name))
    : { ...values, [name]: value }

function OneField({
  field,
  value,
  onChange,
}: {
  field: FormField
  value: unknown
  onChange: (value: unknown) => void
}) {
  const { label, description, required, choices, kind, hint } = field
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  const common = { label, required, ...(description && { description }) }
  if (kind === 'choice')
    return (
      <Select
        {...common}
        data={choices}
        value={text || null}
        placeholder={hint ?? ''}
        onChange={onChange}
        clearable={!required}
      />
    )
  if (kind === 'yes_no')
    return (
      <Switch
        label={label}
        description={description}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    )
  const Input = kind === 'secret' ? PasswordInput : TextInput
  return (
    <Input
      {...common}
      value={text}
      placeholder={hint ?? ''}
      autoComplete="off"
      onChange={(event) => {
        const given = event.currentTarget.value
        onChange(kind === 'number' && given !== '' && Number.isFinite(Number(given)) ? Number(given) : given)
      }}
    />
  )
}
