import { Card, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { Facts } from '../parts/facts.tsx'
import { Loaded } from '../parts/loaded.tsx'

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
            <Facts facts={facts} />
          </>
        )}
      </Loaded>
    </Card>
  )
}
