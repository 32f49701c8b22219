import { Button, Group, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { Page } from '../parts/page.tsx'
import { useMay } from '../session/session.ts'
import { AudienceTable } from './audience-table.tsx'
import { DotLegend } from './dot-legend.tsx'

const statuses = ['active', 'draft', 'archiving', 'archived'] as const
const kinds = ['dynamic', 'static'] as const

export default function AudienceListPage() {
  const [search, setSearch] = useState('')
  const [settled] = useDebouncedValue(search.trim(), 250)
  const [status, setStatus] = useState<(typeof statuses)[number] | null>(null)
  const [kind, setKind] = useState<(typeof kinds)[number] | null>(null)
  const mayMake = useMay('operator')
  const make = mayMake && (
    <Button component={Link} href="/audiences/new" leftSection={<IconPlus size={16} aria-hidden />}>
      Create audience
    </Button>
  )
  return (
    <Page title="Audiences" actions={make}>
      <Group gap="sm">
        <TextInput
          flex={1}
          miw={200}
          maw={360}
          placeholder="Search by name"
          aria-label="Search by name"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Select
          placeholder="Every status"
          aria-label="Status"
          data={statuses}
          value={status}
          onChange={setStatus}
          clearable
          w={150}
        />
        <Select
          placeholder="Every kind"
          aria-label="Kind"
          data={kinds}
          value={kind}
          onChange={setKind}
          clearable
          w={150}
        />
        <DotLegend />
      </Group>
      <AudienceTable
        filter={{ ...(settled && { search: settled }), ...(status && { status }), ...(kind && { kind }) }}
        make={make}
      />
    </Page>
  )
}
