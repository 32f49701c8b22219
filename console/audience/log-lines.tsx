import { Button, Center, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { Outline } from '../parts/outline.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { LogLine } from './log-line.tsx'
import { useLogStream } from './use-log-stream.ts'

/** A log, newest first: pages of what was, with what comes live put over them by id. */
export function LogLines({ path, level, live }: { path: string; level: string; live: boolean }) {
  const [kind, id = ''] = path.split('/')
  const of = kind === 'syncs' ? api.syncs : api.audiences
  const pages = useInfiniteQuery({
    queryKey: ['logs', path, level],
    queryFn: ({ pageParam }) =>
      answer(
        of[':id'].logs.$get({
          param: { id },
          query: { level: levelOf(level), limit: '50', ...(pageParam && { after: pageParam }) },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })
  const fresh = useLogStream(`/v1/${path}/logs/stream?level=${level}&last=20`, live)
  if (!pages.data) return pages.error ? <ProblemAlert error={pages.error} /> : <Outline rows={6} />
  const old = pages.data.pages.flatMap((page) => page.items).filter((line) => !fresh.has(line.id))
  const lines = [...fresh.values(), ...old].sort((a, b) =>
    a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1,
  )
  return (
    <>
      {lines.length === 0 && (
        <Text c="dimmed" p="lg" pt={0}>
          Nothing yet of this severity.
        </Text>
      )}
      <div>
        {lines.map((line) => (
          <LogLine line={line} key={line.id} />
        ))}
      </div>
      {pages.hasNextPage && (
        <Center p="md">
          <Button variant="subtle" onClick={() => pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
            Earlier
          </Button>
        </Center>
      )}
    </>
  )
}

const levelOf = (level: string) => (level === 'debug' || level === 'warning' ? level : 'info')
