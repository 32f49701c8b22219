import { Button, Stack } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { often, seldom } from '../queries.ts'
import { useMay } from '../session/session.ts'
import type { Audience, Sync } from '../shapes.ts'
import { SyncCard } from './sync-card.tsx'

type Props = {
  audience: Audience
  mode: Sync['mode']
  /** Where another one is made, and the word for that. */
  adding: { to: string; word: string }
  /** What is said while there is none. */
  none: { icon: ReactNode; title: string; text: string }
}

/** The syncs of an audience that work in one way: a card for each destination. */
export function SyncsOfMode({ audience, mode, adding, none }: Props) {
  const mayAct = useMay('operator')
  const syncs = useQuery({
    queryKey: ['syncs', audience.id],
    queryFn: () => answer(api.audiences[':id'].syncs.$get({ param: { id: audience.id }, query: {} })),
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ standing }) => standing.state === 'running') ? often : seldom / 2,
  })
  const add = mayAct && audience.status !== 'archived' && (
    <Button component={Link} href={adding.to} leftSection={<IconPlus size={16} aria-hidden />}>
      {adding.word}
    </Button>
  )
  return (
    <Loaded query={syncs}>
      {({ items }) => {
        const shown = items.filter((sync) => sync.mode === mode)
        if (shown.length === 0) return <EmptyState {...none} action={add} />
        return (
          <Stack gap="md">
            {shown.map((sync) => (
              <SyncCard key={sync.id} sync={sync} audience={audience} />
            ))}
            <div>{add}</div>
          </Stack>
        )
      }}
    </Loaded>
  )
}
