import { Anchor, Button, Card, Group, Stack, Switch, Text } from '@mantine/core'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { Moment } from '../parts/moment.tsx'
import { StandingAlert } from '../parts/standing-alert.tsx'
import { StandingDot } from '../parts/standing-dot.tsx'
import { standingWords } from '../parts/standing-words.ts'
import { fills, placeOf } from '../parts/sync-place.ts'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Audience, Sync } from '../shapes.ts'
import { LastResult } from './last-result.tsx'
import { RemoveSync } from './remove-sync.tsx'
import { SyncMenu } from './sync-menu.tsx'

/** One destination of an audience: what it fills or tells, whether it is on, how it went last, and what can be done. */
export function SyncCard({ sync, audience }: { sync: Sync; audience: Audience }) {
  const mayAct = useMay('operator')
  const param = { id: sync.id }
  const toggle = useAct((enabled: boolean) => answer(api.syncs[':id'].$patch({ param, json: { enabled } })), {
    done: ({ enabled }) => (enabled ? 'Switched on.' : 'Switched off: nothing is sent any more.'),
  })
  const isOn = sync.enabled && audience.status === 'active' && !audience.paused
  const now = useAct(() => answer(api.syncs[':id']['instant-sync'].$post({ param })), { done: 'A run is asked for.' })
  const { standing, destination } = sync
  const place = placeOf(sync)
  return (
    <Card component="section" aria-label={destination.name}>
      <Stack gap="md">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Group gap="sm" align="flex-start" wrap="nowrap">
            <StandingDot low standing={standing} name={destination.name} />
            <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
              <Anchor component={Link} href={`/destinations/${destination.id}`} fw={600}>
                {destination.name}
              </Anchor>
              <Text size="sm" c="dimmed">
                {fills(sync)}
                {sync.keeping === 'add_only' && ' · only adds'}
                {sync.onlyChanges && ' · only changes from its first run on'}
                {sync.madeAudience && ` · audience ${sync.madeAudience.name}`}
              </Text>
            </div>
          </Group>
          <Switch
            label={sync.enabled ? 'On' : 'Off'}
            aria-label={`Sync to ${destination.name}`}
            checked={sync.enabled}
            disabled={!mayAct || toggle.isPending || sync.emptying}
            onChange={(event) => toggle.mutate(event.currentTarget.checked)}
          />
        </Group>
        {standing.state === 'needs_attention' && sync.problem ? (
          <StandingAlert problem={sync.problem} />
        ) : (
          <Text size="sm">
            <b>{standingWords[standing.state]}.</b> {standing.says} {standing.next}
          </Text>
        )}
        <LastResult last={sync.last} />
        <Group gap="xs">
          {mayAct && !sync.emptying && (
            <Button component={Link} href={place.edit} variant="light" size="xs">
              {place.editing}
            </Button>
          )}
          {mayAct && isOn && (
            <Button variant="light" size="xs" onClick={() => now.mutate()} loading={now.isPending}>
              Instant Sync
            </Button>
          )}
          <Button component={Link} href={`/audiences/${audience.id}/logs?sync=${sync.id}`} variant="subtle" size="xs">
            Show Logs
          </Button>
          {mayAct && isOn && <SyncMenu sync={sync} />}
          {mayAct && !sync.emptying && <RemoveSync sync={sync} />}
          <Text size="xs" c="dimmed">
            {sync.lastDeliveredAt && (
              <>
                Last in step <Moment at={sync.lastDeliveredAt} />
              </>
            )}
          </Text>
        </Group>
      </Stack>
    </Card>
  )
}
