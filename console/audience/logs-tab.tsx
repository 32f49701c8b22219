import { Card, Group, Select, Switch, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'wouter'
import { answer, api } from '../api.ts'
import { fills } from '../parts/sync-place.ts'
import type { Audience } from '../shapes.ts'
import { LogLines } from './log-lines.tsx'

const levels = [
  { value: 'info', label: 'All that happened' },
  { value: 'warning', label: 'Only what needs attention' },
  { value: 'debug', label: 'Every step, for engineers' },
]

export function LogsTab({ audience }: { audience: Audience }) {
  const [params, setParams] = useSearchParams()
  const [level, setLevel] = useState('info')
  const [live, setLive] = useState(true)
  const sync = params.get('sync')
  const syncs = useQuery({
    queryKey: ['syncs', audience.id],
    queryFn: () => answer(api.audiences[':id'].syncs.$get({ param: { id: audience.id }, query: {} })),
  })
  const places = (syncs.data?.items ?? []).map((sync) => ({
    value: sync.id,
    label: `${sync.destination.name} · ${fills(sync)}`,
  }))
  return (
    <Card padding={0}>
      <Group p="lg" pb="md" justify="space-between">
        <Group>
          <Select
            data={places}
            value={sync}
            onChange={(id) => setParams(id ? { sync: id } : {})}
            placeholder="The audience’s own log"
            aria-label="Destination"
            clearable
            w={260}
          />
          <Select
            data={levels}
            value={level}
            onChange={(value) => setLevel(value ?? 'info')}
            allowDeselect={false}
            aria-label="Severity"
            w={240}
          />
        </Group>
        <Switch label="Live" checked={live} onChange={(event) => setLive(event.currentTarget.checked)} />
      </Group>
      <LogLines
        path={sync ? `syncs/${sync}` : `audiences/${audience.id}`}
        level={level}
        live={live}
        key={`${sync} ${level}`}
      />
      {!live && (
        <Text size="sm" c="dimmed" p="lg" pt={0}>
          New lines do not come by themselves.
        </Text>
      )}
    </Card>
  )
}
