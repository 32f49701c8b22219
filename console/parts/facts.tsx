import { SimpleGrid, Text } from '@mantine/core'

const date = /^\d{4}-\d\d-\d\dT/
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
const shown = (value: string | number | null) =>
  value === null ? '–' : typeof value === 'string' && date.test(value) ? full.format(new Date(value)) : String(value)

/** What a platform tells of something, in its own facts: label and value. */
export const Facts = ({ facts }: { facts: Readonly<Record<string, string | number | null>> }) => (
  <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="md" verticalSpacing="xs">
    {Object.entries(facts).map(([name, value]) => (
      <div key={name}>
        <Text size="xs" c="dimmed">
          {name}
        </Text>
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {shown(value)}
        </Text>
      </div>
    ))}
  </SimpleGrid>
)
