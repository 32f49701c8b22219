import { Skeleton, Stack } from '@mantine/core'

/** What stands in the place of something that is on its way. */
export const Outline = ({ rows }: { rows: number }) => (
  <Stack gap="sm" aria-busy aria-label="Loading" role="status">
    {Array.from({ length: rows }, (_, at) => `line ${at}`).map((line) => (
      <Skeleton height={44} key={line} />
    ))}
  </Stack>
)
