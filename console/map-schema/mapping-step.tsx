import { Button, Card, Checkbox, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Audience, Destination, Platform, SyncRead } from '../shapes.ts'
import { BegunMapping } from './begun-mapping.tsx'
import type { ChosenList } from './chosen-list.ts'
import { ListInfo } from './list-info.tsx'
import { ListSettings } from './list-settings.tsx'
import { MappingPreview } from './mapping-preview.tsx'
import { MappingTable } from './mapping-table.tsx'
import { MembersQuestion } from './members-question.tsx'

type Mapping = Record<string, string>
type Props = {
  audience: Audience
  destination: Destination
  platform: Platform
  list: ChosenList
  sync: SyncRead | undefined
  done: () => void
}

/** Schema mapping: begins with what is saved, or with what the usual names of fields suggest. */
export const MappingStep = (props: Props) => (
  <BegunMapping audience={props.audience} platform={props.platform.id} mode="list" saved={props.sync?.mapping}>
    {(begin) => <Mapped {...props} begin={begin} />}
  </BegunMapping>
)

function Mapped({ audience, destination, platform, list, sync, done, begin }: Props & { begin: Mapping }) {
  const mayAct = useMay('operator')
  const [mapping, setMapping] = useState(begin)
  const [enabled, setEnabled] = useState(sync?.enabled ?? true)
  const [settings, setSettings] = useState<Record<string, unknown>>(sync?.settings ?? {})
  const [whenListGone, setWhenListGone] = useState(sync?.whenListGone ?? 'ask')
  const [members, setMembers] = useState<'keep' | 'remove'>('keep')
  const moves = sync?.list != null && !('id' in list && list.id === sync.list.id)
  const save = useAct(
    () => {
      const where = 'id' in list ? { id: list.id } : { create: { name: list.create } }
      const changes = { mapping, enabled, settings }
      return sync
        ? answer(
            api.syncs[':id'].$patch({
              param: { id: sync.id },
              json: {
                ...changes,
                // said only when it changes: each time it is said, the list is looked for at once
                ...(whenListGone !== sync.whenListGone && { whenListGone }),
                ...(moves || !sync.list ? { list: where } : {}),
                ...(moves && { members }),
              },
            }),
          )
        : answer(
            api.audiences[':id'].syncs.$post({
              param: { id: audience.id },
              json: { ...changes, whenListGone, destinationId: destination.id, mode: 'list', list: where },
            }),
          )
    },
    { tellsErrors: true, done: 'Saved: list and schema.', afterwards: done },
  )
  const names = Object.keys(mapping).filter((name) => mapping[name])
  const identifiers = platform.list?.identifiers ?? []
  const strong = identifiers.filter(({ role }) => role === 'strong')
  const isNamed = strong.some(({ name }) => names.includes(name))
  return (
    <Stack gap="lg" mt="md">
      {'id' in list && <ListInfo destinationId={destination.id} listId={list.id} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Card component="section" aria-label="Schema Mapping">
          <Stack gap="md">
            <Text fw={600}>
              Schema Mapping: {audience.name} to {destination.name}
            </Text>
            <MappingTable identifiers={identifiers} fields={audience.fields} mapping={mapping} onChange={setMapping} />
            {!isNamed && (
              <Text size="sm" c="orange">
                Map at least one of {strong.map(({ label }) => label).join(', ')}: the rest does not name a person by
                itself.
              </Text>
            )}
          </Stack>
        </Card>
        <MappingPreview
          audienceId={audience.id}
          platform={platform.id}
          mode="list"
          identifiers={identifiers}
          mapping={mapping}
        />
      </SimpleGrid>
      <ListSettings
        platform={platform}
        settings={settings}
        onSettings={setSettings}
        whenListGone={whenListGone}
        onWhenListGone={setWhenListGone}
      />
      {moves && sync?.list && (
        <MembersQuestion from={sync.list.name} size={audience.size} value={members} onChange={setMembers} />
      )}
      {save.error && <ProblemAlert error={save.error} />}
      {mayAct && (
        <Group justify="flex-end">
          <Checkbox
            label="Switched on"
            checked={enabled}
            onChange={(event) => setEnabled(event.currentTarget.checked)}
          />
          <Button onClick={() => save.mutate()} loading={save.isPending} disabled={enabled && !isNamed}>
            Save List and Schema
          </Button>
        </Group>
      )}
    </Stack>
  )
}
