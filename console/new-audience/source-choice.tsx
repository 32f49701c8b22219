import { Anchor, Autocomplete, SegmentedControl, Select, Stack, Text, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import type { Source, SourceTable } from '../shapes.ts'

export type Reading = {
  sourceId: string | null
  by: 'table' | 'query'
  table: string | null
  query: string
  memberId: string
}

type Props = { sources: readonly Source[]; reading: Reading; onChange: (reading: Reading) => void }

/** What a dynamic audience reads: a table, a view or a query of a source, and the column that names a member. */
export function SourceChoice({ sources, reading, onChange }: Props) {
  const { sourceId, by, table, query, memberId } = reading
  const tables = useQuery({
    queryKey: ['tables', sourceId],
    queryFn: () => answer(api.sources[':id'].tables.$get({ param: { id: sourceId ?? '' } })),
    enabled: sourceId !== null,
  })
  const change = (part: Partial<Reading>) => onChange({ ...reading, ...part })
  if (sources.length === 0)
    return (
      <Text>
        No source is connected yet.{' '}
        <Anchor component={Link} href="/sources/new">
          Connect one
        </Anchor>{' '}
        first.
      </Text>
    )
  const items = tables.data?.items ?? []
  const columns = by === 'table' ? (items.find(({ qualified }) => qualified === table)?.columns ?? []) : []
  return (
    <Stack gap="lg">
      <Select
        label="Source"
        data={sources.map(({ id, name }) => ({ value: id, label: name }))}
        value={sourceId}
        onChange={(id) => change({ sourceId: id, table: null, memberId: '' })}
        allowDeselect={false}
        required
      />
      <SegmentedControl
        data={[
          { value: 'table', label: 'Table or view' },
          { value: 'query', label: 'Query' },
        ]}
        value={by}
        onChange={(value) => change({ by: value === 'query' ? 'query' : 'table' })}
        aria-label="What is read"
      />
      {tables.error && <ProblemAlert error={tables.error} />}
      {by === 'table' ? (
        <Select
          label="Table or view"
          placeholder={tables.isPending ? 'Asking the source …' : 'Choose'}
          data={items.map(({ qualified, kind }) => ({
            value: qualified,
            label: kind === 'view' ? `${qualified} (view)` : qualified,
          }))}
          value={table}
          onChange={(chosen) =>
            change({ table: chosen, memberId: usualMemberId(items.find(({ qualified }) => qualified === chosen)) })
          }
          searchable
          required
        />
      ) : (
        <Textarea
          label="Query"
          description="A SELECT that gives a row per member. It is read in a read-only transaction."
          placeholder="select * from people where subscribed"
          value={query}
          onChange={(event) => change({ query: event.currentTarget.value })}
          autosize
          minRows={4}
          ff="monospace"
          required
        />
      )}
      <Autocomplete
        label="Member id"
        description="The column that names a member: unique, never empty."
        data={columns.map(({ name }) => name)}
        value={memberId}
        onChange={(value) => change({ memberId: value })}
        required
      />
    </Stack>
  )
}

// A guess that saves a click: "person_id", "id", or whatever comes first.
function usualMemberId(table: SourceTable | undefined): string {
  const names = table?.columns.map(({ name }) => name) ?? []
  return names.find((name) => /^(member|person|customer|user)?_?id$/i.test(name)) ?? names[0] ?? ''
}
