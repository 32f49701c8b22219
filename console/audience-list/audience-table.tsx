import { Card, Table } from '@mantine/core'
import { IconUsersGroup } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef } from 'react'
import { answer, api } from '../api.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Outline } from '../parts/outline.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { seldom } from '../queries.ts'
import type { AudienceSummary } from '../shapes.ts'
import { AudienceRow } from './audience-row.tsx'

type Filter = { search?: string; status?: AudienceSummary['status']; kind?: AudienceSummary['kind'] }

const rowHeight = 61
const pageSize = '100'

/** All audiences: only the rows in sight are drawn, and more are fetched before the last one comes into sight. */
export function AudienceTable({ filter, make }: { filter: Filter; make: ReactNode }) {
  const pages = useInfiniteQuery({
    queryKey: ['audiences', filter],
    queryFn: ({ pageParam }) =>
      answer(api.audiences.$get({ query: { ...filter, limit: pageSize, ...(pageParam && { after: pageParam }) } })),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    refetchInterval: ({ state }) => (state.data && state.data.pages.length > 3 ? false : seldom / 2),
  })
  if (!pages.data) return pages.error ? <ProblemAlert error={pages.error} /> : <Outline rows={6} />
  const items = pages.data.pages.flatMap((page) => page.items)
  if (items.length === 0) return <NoAudience filtered={Object.keys(filter).length > 0} make={make} />
  return (
    <Rows
      items={items}
      more={pages.hasNextPage && !pages.isFetchingNextPage ? () => void pages.fetchNextPage() : undefined}
    />
  )
}

const NoAudience = ({ filtered, make }: { filtered: boolean; make: ReactNode }) =>
  filtered ? (
    <EmptyState
      icon={<IconUsersGroup />}
      title="No audience fits"
      text="Change what is searched for, or take a filter away."
    />
  ) : (
    <EmptyState
      icon={<IconUsersGroup />}
      title="No audience yet"
      text="An audience is a named set of people: a query, a table or a view of a source, or a list that you upload."
      action={make}
    />
  )

function Rows({ items, more }: { items: readonly AudienceSummary[]; more: (() => void) | undefined }) {
  const table = useRef<HTMLDivElement>(null)
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: table.current?.offsetTop ?? 0,
  })
  const shown = rows.getVirtualItems()
  const [first, last] = [shown[0], shown.at(-1)]
  const isNearEnd = last !== undefined && last.index >= items.length - 20
  useEffect(() => {
    if (isNearEnd) more?.()
  }, [isNearEnd, more])
  const above = first ? first.start - rows.options.scrollMargin : 0
  const below = last ? rows.getTotalSize() - (last.end - rows.options.scrollMargin) : 0
  return (
    <Card padding={0} ref={table}>
      <Table highlightOnHover aria-rowcount={items.length}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Audience</Table.Th>
            <Table.Th>Size</Table.Th>
            <Table.Th>Destinations</Table.Th>
            <Table.Th visibleFrom="md">Kind</Table.Th>
            <Table.Th visibleFrom="sm">Last refreshed</Table.Th>
            <Table.Th visibleFrom="sm">Next refresh</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {above > 0 && <tr style={{ height: above }} aria-hidden />}
          {shown.map(({ index }) => {
            const audience = items[index]
            return (
              audience && (
                <AudienceRow audience={audience} index={index} measure={rows.measureElement} key={audience.id} />
              )
            )
          })}
          {below > 0 && <tr style={{ height: below }} aria-hidden />}
        </Table.Tbody>
      </Table>
    </Card>
  )
}
