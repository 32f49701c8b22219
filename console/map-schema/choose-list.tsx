import { Badge, Button, Group, Radio, ScrollArea, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { Outline } from '../parts/outline.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import type { Destination, List } from '../shapes.ts'
import type { ChosenList } from './chosen-list.ts'
import { ListInfo } from './list-info.tsx'

type Props = {
  destination: Destination
  suggestion: string
  list: ChosenList | undefined
  onChange: (list: ChosenList | undefined) => void
}

/** Create New List, or one of those that exist at the destination. */
export function ChooseList({ destination, suggestion, list, onChange }: Props) {
  const isNew = list !== undefined && 'create' in list
  const [way, setWay] = useState(isNew || list === undefined ? 'new' : 'existing')
  const [name, setName] = useState(isNew ? list.create : suggestion)
  return (
    <Radio.Group
      label="Audience list"
      value={way}
      onChange={(value) => {
        setWay(value)
        onChange(value === 'new' ? { create: name } : undefined)
      }}
    >
      <Stack gap="md" mt="xs">
        <Radio value="new" label="Create New List" onClick={() => onChange({ create: name })} />
        {way === 'new' && (
          <TextInput
            ml={30}
            maw={390}
            label="Name of the list"
            value={name}
            onFocus={() => onChange({ create: name })}
            onChange={(event) => {
              setName(event.currentTarget.value)
              onChange({ create: event.currentTarget.value })
            }}
            required
          />
        )}
        <Radio value="existing" label="Choose a list that exists" />
        {way === 'existing' && <Existing destination={destination} list={list} onChange={onChange} />}
      </Stack>
    </Radio.Group>
  )
}

function Existing({ destination, list, onChange }: Omit<Props, 'suggestion'>) {
  const [search, setSearch] = useState('')
  const [settled] = useDebouncedValue(search.trim(), 300)
  const pages = useInfiniteQuery({
    queryKey: ['lists', destination.id, settled],
    queryFn: ({ pageParam }) =>
      answer(
        api.destinations[':id'].lists.$get({
          param: { id: destination.id },
          query: { ...(settled && { search: settled }), ...(pageParam && { after: pageParam }) },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  })
  const chosen = list && 'id' in list ? list.id : null
  const items = pages.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Stack ml={30} gap="sm">
      <TextInput
        maw={390}
        placeholder="Search by name"
        aria-label="Search lists by name"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {pages.error && <ProblemAlert error={pages.error} />}
      {pages.isPending && <Outline rows={3} />}
      {pages.data && items.length === 0 && (
        <Text size="sm" c="dimmed">
          {settled ? 'No list has this in its name.' : 'No list exists there yet: create one.'}
        </Text>
      )}
      <ScrollArea.Autosize mah={280}>
        <Radio.Group
          value={chosen}
          onChange={(id) => onChange(items.find((each) => each.id === id))}
          aria-label="Lists"
        >
          <Stack gap={6}>
            {items.map((each) => (
              <OneList key={each.id} list={each} />
            ))}
          </Stack>
        </Radio.Group>
      </ScrollArea.Autosize>
      {pages.hasNextPage && (
        <Group>
          <Button variant="subtle" size="xs" onClick={() => pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
            More lists
          </Button>
        </Group>
      )}
      {chosen !== null && <ListInfo destinationId={destination.id} listId={chosen} />}
    </Stack>
  )
}

const OneList = ({ list }: { list: List }) => (
  <Group gap="sm">
    <Radio value={list.id} label={list.name} description={list.problem} disabled={!list.usable} />
    {!list.usable && <Badge color="orange">not usable</Badge>}
  </Group>
)
