import { Card, Skeleton, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { seldom } from '../queries.ts'

const SizeChart = lazy(() => import('./size-chart.tsx'))

/** Size over time, with who joined and left per run. The charts are fetched when there is something to draw. */
export function SizeCard({ audienceId }: { audienceId: string }) {
  const sizes = useQuery({
    queryKey: ['sizes', audienceId],
    queryFn: () => answer(api.audiences[':id'].sizes.$get({ param: { id: audienceId }, query: { limit: '60' } })),
    refetchInterval: seldom,
  })
  return (
    <Card component="section" aria-label="Size over time">
      <Title order={2} mb="md">
        Size over time
      </Title>
      <Loaded query={sizes}>
        {({ items }) =>
          items.length < 2 ? (
            <Text c="dimmed">The curve begins with the second run.</Text>
          ) : (
            <Suspense fallback={<Skeleton height={270} />}>
              <SizeChart sizes={items.toReversed()} />
            </Suspense>
          )
        }
      </Loaded>
    </Card>
  )
}
