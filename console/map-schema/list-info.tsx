import { Card, SimpleGrid, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'

const date = /^\d{4}-\d\d-\d\dT/
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
const shown = (value: string | number | null) =>
  value === null ? '–' : typeof value === 'string' && date.test(value) ? full.format(new Date(value)) : String(value)

/** Custom audience info: the list in the platform's own facts. */
export function ListInfo({ destinationId, listId }: { destinationId: string; listId: string }) {
  const list = useQuery({
    queryKey: ['list', destinationId, listId],
    queryFn: () => answer(api.destinations[':id'].lists[':listId'].$get({ param: { id: destinationId, listId } })),
  })
  return (
    <Card component="section" aria-label="Custom audience info" padding="md">
      <Text fw={600} mb="xs">
        Custom audience info
      </Text>
      <Loaded query={list}>
        {({ facts, problem }) => (
          <>
            {problem && <Text c="orange">{problem}</Text>}
            <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="md" verticalSpacing="xs">
              {Object.entries(facts).map(([name, value]) => (
                <div key={name}>
                  <Text size="xs" c="dimmed">
                    {name}
                  </Text>
                  <Text size="sm">{shown(value)}</Text>
                </div>
              ))}
            </SimpleGrid>
          </>
        )}
      </Loaded>
    </Card>
  )
}
