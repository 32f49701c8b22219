import { Button } from '@mantine/core'
import { IconBolt, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useLocation } from 'wouter'
import { answer, api } from '../api.ts'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Audience } from '../shapes.ts'

/** What can be done with an audience as it stands. */
export function AudienceActions({ audience: { id, status, paused } }: { audience: Audience }) {
  const [, go] = useLocation()
  const param = { id }
  const one = api.audiences[':id']
  const activate = useAct(() => answer(one.activate.$post({ param })), { done: 'Active: its first run begins.' })
  const pause = useAct(() => answer(one.pause.$post({ param })), { done: 'Paused.' })
  const resume = useAct(() => answer(one.resume.$post({ param })), { done: 'It goes on.' })
  const sync = useAct(() => answer(one['instant-sync'].$post({ param })), {
    afterwards: ({ runId }) => go(`/runs/${runId}`),
  })
  const mayAct = useMay('operator')
  if (!mayAct || status === 'archiving') return null
  if (status !== 'active')
    return (
      <Button
        onClick={() => activate.mutate()}
        loading={activate.isPending}
        leftSection={<IconPlayerPlay size={16} aria-hidden />}
      >
        Activate
      </Button>
    )
  if (paused)
    return (
      <Button
        onClick={() => resume.mutate()}
        loading={resume.isPending}
        leftSection={<IconPlayerPlay size={16} aria-hidden />}
      >
        Resume
      </Button>
    )
  return (
    <>
      <Button
        variant="default"
        onClick={() => pause.mutate()}
        loading={pause.isPending}
        leftSection={<IconPlayerPause size={16} aria-hidden />}
      >
        Pause
      </Button>
      <Button onClick={() => sync.mutate()} loading={sync.isPending} leftSection={<IconBolt size={16} aria-hidden />}>
        Instant Sync
      </Button>
    </>
  )
}
