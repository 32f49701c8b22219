import { Badge, Card, Code, Group, List, Progress, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { count, share } from '../parts/count.ts'
import { Loaded } from '../parts/loaded.tsx'
import type { Identifier, Preview, Sync } from '../shapes.ts'

type Props = {
  audienceId: string
  platform: string
  mode: Sync['mode']
  identifiers: readonly Identifier[]
  mapping: Record<string, string>
}

/** What this mapping would send, while it is being made: how many are usable, why the others are not, and some of both. */
export function MappingPreview({ audienceId, platform, mode, identifiers, mapping }: Props) {
  const [settled] = useDebouncedValue(mapping, 300)
  const preview = useQuery({
    queryKey: ['preview', audienceId, platform, mode, settled],
    queryFn: () =>
      answer(
        api.audiences[':id'].preview.$post({
          param: { id: audienceId },
          json: { platform, mode, mapping: settled },
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })
  return (
    <Card component="section" aria-label="Preview">
      <Text fw={600} mb="sm">
        Preview
      </Text>
      <Loaded query={preview} rows={5}>
        {(data) => <Told preview={data} labels={new Map(identifiers.map(({ name, label }) => [name, label]))} />}
      </Loaded>
    </Card>
  )
}

const Told = ({ preview, labels }: { preview: Preview; labels: ReadonlyMap<string, string> }) => (
  <Stack gap="md">
    <div>
      <Group justify="space-between">
        <Text size="sm">
          <b>{share(preview.usable, preview.sampled)}</b> usable
        </Text>
        <Text size="sm" c="dimmed" className="numbers">
          {count(preview.usable)} of {count(preview.sampled)} looked at
          {preview.size !== null && preview.size > preview.sampled && `, ${count(preview.size)} in all`}
        </Text>
      </Group>
      <Progress
        value={preview.sampled === 0 ? 0 : (preview.usable / preview.sampled) * 100}
        color="teal"
        mt={6}
        aria-label="Share of usable members"
      />
    </div>
    {preview.reasons.length > 0 && (
      <div>
        <Text size="sm" fw={550}>
          Not usable, because
        </Text>
        <List size="sm">
          {preview.reasons.slice(0, 4).map(({ reason, members }) => (
            <List.Item key={reason}>
              {reason} ({count(members)})
            </List.Item>
          ))}
        </List>
      </div>
    )}
    {preview.members.map((member, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: sample members have nothing that names them
      <Stack gap={4} key={at} p="xs" bdrs="md" bd="1px solid var(--edge)">
        {!member.usable && (
          <Group gap="xs">
            <Badge color="orange">not usable</Badge>
            <Text size="xs">{member.why}</Text>
          </Group>
        )}
        {Object.entries(member.sent).map(([identifier, value]) => (
          <Group key={identifier} justify="space-between" wrap="nowrap" gap="xs">
            <Text size="xs" truncate>
              {labels.get(identifier) ?? identifier}{' '}
              <Text span size="xs" c="dimmed">
                {member.fields[preview.mapping[identifier] ?? ''] ?? ''}
              </Text>
            </Text>
            <Code fz={11}>{value}</Code>
          </Group>
        ))}
        {member.usable && Object.keys(member.sent).length === 0 && <Text size="xs">nothing</Text>}
      </Stack>
    ))}
  </Stack>
)
