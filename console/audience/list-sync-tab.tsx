import { Button, Stack } from '@mantine/core'
import { IconPlus, IconSend } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { often, seldom } from '../queries.ts'
import { useMay } from '../session/session.ts'
import type { Audience } from '../shapes.ts'
import { SyncCard } from './sync-card.tsx'

export function ListSyncTab({ audience }: { audience: Audience }) {
  const mayAct = useMay('operator')
  const syncs = useQuery({
    queryKey: ['syncs', audience.id],
    queryFn: () => answer(api.audiences[':id'].syncs.$get({ param: { id: audience.id }, query: {} })),
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ standing }) => standing.state === 'running') ? often : seldom / 2,
  })
  const add = mayAct && audience.status !== 'archived' && (
    <Button
      component={Link}
      href={`/audiences/${audience.id}/map/new`}
      leftSection={<IconPlus size={16} aria-hidden />}
    >
      Add a destination
    </Button>
  )
  return (
    <Loaded query={syncs}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState
            icon={<IconSend />}
            title="It goes nowhere yet"
            text="Choose a destination and a list there, then map the audience’s fields to what the platform knows people by."
            action={add}
          />
        ) : (
          <Stack gap="md">
            {items.map((sync) => (
              <SyncCard key={sync.id} sync={sync} audience={audience} />
            ))}
            <div>{add}</div>
          </Stack>
        )
      }
    </Loaded>
  )
}
