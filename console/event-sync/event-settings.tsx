import { Button, Card, Checkbox, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { answer, api } from '../api.ts'
import { MappingPreview } from '../map-schema/mapping-preview.tsx'
import { MappingTable } from '../map-schema/mapping-table.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { SchemaForm } from '../parts/schema-form.tsx'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Audience, Destination, Platform, SyncRead } from '../shapes.ts'
import { AnnounceQuestion } from './announce-question.tsx'
import { PropertiesTable } from './properties-table.tsx'

type Props = {
  audience: Audience
  destination: Destination
  platform: Platform
  sync: SyncRead | undefined
  begin: Record<string, string>
  size: number | null
}

/** Who is told of, by what, and with what; saved as one. */
export function EventSettings({ audience, destination, platform, sync, begin, size }: Props) {
  const mayAct = useMay('operator')
  const [, go] = useLocation()
  const [announceExisting, setAnnounceExisting] = useState<boolean>()
  const [mapping, setMapping] = useState(begin)
  const [properties, setProperties] = useState(sync?.properties ?? {})
  const [settings, setSettings] = useState<Record<string, unknown>>(sync?.settings ?? {})
  const [enabled, setEnabled] = useState(sync?.enabled ?? true)
  const save = useAct(
    () => {
      const json = { mapping, properties, settings, enabled }
      return sync
        ? answer(api.syncs[':id'].$patch({ param: { id: sync.id }, json }))
        : answer(
            api.audiences[':id'].syncs.$post({
              param: { id: audience.id },
              json: {
                ...json,
                destinationId: destination.id,
                mode: 'event',
                ...(announceExisting !== undefined && { announceExisting }),
              },
            }),
          )
    },
    {
      tellsErrors: true,
      done: 'Saved: the event sync.',
      afterwards: ({ id }) => go(`/audiences/${audience.id}/events/${id}`),
    },
  )
  const identifiers = platform.event?.identifiers ?? []
  return (
    <>
      {!sync && <AnnounceQuestion size={size} value={announceExisting} onChange={setAnnounceExisting} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Stack gap="lg">
          <Card component="section" aria-label="Identifiers">
            <Text fw={600}>Identifiers</Text>
            <Text size="sm" c="dimmed" mb="md">
              What {platform.name} knows a person by: one that is filled is enough, also of somebody without a name.
            </Text>
            <MappingTable identifiers={identifiers} fields={audience.fields} mapping={mapping} onChange={setMapping} />
          </Card>
          <Card component="section" aria-label="Properties">
            <Text fw={600}>Properties</Text>
            <Text size="sm" c="dimmed" mb="md">
              Fields that go with each event as they are, beside the audience’s id and name. A change of one alone sends
              nothing.
            </Text>
            <PropertiesTable fields={audience.fields} properties={properties} onChange={setProperties} />
          </Card>
        </Stack>
        <MappingPreview
          audienceId={audience.id}
          platform={platform.id}
          mode="event"
          identifiers={identifiers}
          mapping={mapping}
        />
      </SimpleGrid>
      <Card component="section" aria-label="Events">
        <Stack gap="md">
          <Text fw={600}>Events</Text>
          <SchemaForm
            schema={platform.event?.syncSettings ?? {}}
            values={settings}
            onChange={setSettings}
            columns={2}
          />
        </Stack>
      </Card>
      {save.error && <ProblemAlert error={save.error} />}
      {mayAct && (
        <Group justify="flex-end">
          {!sync && announceExisting === undefined && (
            <Text size="sm" c="dimmed">
              Say first what becomes of those who are in already.
            </Text>
          )}
          <Checkbox
            label="Switched on"
            checked={enabled}
            onChange={(event) => setEnabled(event.currentTarget.checked)}
          />
          <Button
            onClick={() => save.mutate()}
            loading={save.isPending}
            disabled={!sync && announceExisting === undefined}
          >
            Save Event Sync
          </Button>
        </Group>
      )}
    </>
  )
}
