import { Button, SimpleGrid, Stack } from '@mantine/core'
import { IconSparkles } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { often, seldom } from '../queries.ts'
import { useMay } from '../session/session.ts'
import type { Overview } from '../shapes.ts'
import { ComingNext } from './coming-next.tsx'
import { FirstSteps } from './first-steps.tsx'
import { NeedsPerson } from './needs-person.tsx'
import { RunningNow } from './running-now.tsx'
import { Totals } from './totals.tsx'

/** The whole deployment in one look. */
export function HomePage() {
  const overview = useQuery({
    queryKey: ['overview'],
    queryFn: () => answer(api.overview.$get()),
    refetchInterval: ({ state }) => (state.data?.running.length ? often : seldom / 2),
  })
  return (
    <Page title="Home">
      <Loaded query={overview}>{(data) => (isNew(data) ? <Beginning data={data} /> : <AtWork data={data} />)}</Loaded>
    </Page>
  )
}

const isNew = ({ totals }: Overview) => totals.syncs === 0 && totals.active === 0

function Beginning({ data }: { data: Overview }) {
  const mayConnect = useMay('admin')
  if (mayConnect || data.totals.sources > 0) return <FirstSteps totals={data.totals} />
  return (
    <EmptyState
      icon={<IconSparkles />}
      title="Nothing is connected yet"
      text="An administrator connects a source and a destination first; then audiences can be made here."
      action={
        <Button component={Link} href="/audiences" variant="default">
          Audiences
        </Button>
      }
    />
  )
}

const AtWork = ({ data }: { data: Overview }) => (
  <Stack gap="lg">
    <Totals totals={data.totals} />
    <NeedsPerson items={data.needsPerson} />
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <RunningNow items={data.running} />
      <ComingNext items={data.next} />
    </SimpleGrid>
  </Stack>
)
