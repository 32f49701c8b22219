import { Button, Card, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { answer, api } from '../api.ts'
import { CountrySelect } from '../parts/country-select.tsx'
import { IntervalSelect } from '../parts/interval-select.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import type { Source } from '../shapes.ts'
import { type Reading, SourceChoice } from './source-choice.tsx'

const trail = [{ name: 'Audiences', to: '/audiences' }]
const kinds = [
  { value: 'dynamic', label: 'From a source' },
  { value: 'static', label: 'A list that is pushed' },
] as const

export default function NewAudiencePage() {
  const sources = useQuery({
    queryKey: ['sources'],
    queryFn: () => answer(api.sources.$get({ query: { limit: '200' } })),
  })
  return (
    <Page title="Create audience" trail={trail}>
      <Loaded query={sources}>{({ items }) => <Form sources={items} />}</Loaded>
    </Page>
  )
}

function Form({ sources }: { sources: readonly Source[] }) {
  const [, go] = useLocation()
  const [name, setName] = useState('')
  const [kind, setKind] = useState<'dynamic' | 'static'>(sources.length > 0 ? 'dynamic' : 'static')
  const [reading, setReading] = useState<Reading>({
    sourceId: sources[0]?.id ?? null,
    by: 'table',
    table: null,
    query: '',
    memberId: '',
  })
  const [interval, setInterval] = useState('1d')
  const [country, setCountry] = useState<string | null>(null)
  const create = useAct(
    () =>
      answer(
        api.audiences.$post({
          json:
            kind === 'static'
              ? { kind, name, defaultCountry: country }
              : { kind, name, defaultCountry: country, refreshInterval: interval, source: sourceOf(reading) },
        }),
      ),
    {
      tellsErrors: true,
      afterwards: ({ id }) => go(`/audiences/${id}/schema`),
      done: 'The audience is there, a draft. Choose its fields next.',
    },
  )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate()
      }}
    >
      <Card maw={760}>
        <Stack gap="lg">
          <TextInput
            label="Name"
            placeholder="Newsletter readers"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            data-autofocus
          />
          <div>
            <Text size="sm" fw={500} mb={4} id="kind">
              Where its members come from
            </Text>
            <SegmentedControl
              data={[...kinds]}
              value={kind}
              onChange={(value) => setKind(value === 'static' ? 'static' : 'dynamic')}
              aria-labelledby="kind"
            />
          </div>
          {kind === 'dynamic' ? (
            <>
              <SourceChoice sources={sources} reading={reading} onChange={setReading} />
              <IntervalSelect value={interval} onChange={setInterval} />
            </>
          ) : (
            <Text c="dimmed" size="sm">
              You upload a file on its page, or an application pushes members over the API; then it is synced.
            </Text>
          )}
          <CountrySelect value={country} onChange={setCountry} />
          {create.error && <ProblemAlert error={create.error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={create.isPending}>
              Create audience
            </Button>
          </Group>
        </Stack>
      </Card>
    </form>
  )
}

const sourceOf = ({ sourceId, by, table, query, memberId }: Reading) => ({
  id: sourceId ?? '',
  memberId,
  ...(by === 'table' ? { table: table ?? '' } : { query }),
})
