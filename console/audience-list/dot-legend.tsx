import { Group, Text } from '@mantine/core'
import css from '../parts/standing-dot.module.css'
import { standingWords } from '../parts/standing-words.ts'

/** What the dots of the destinations mean. */
export const DotLegend = () => (
  <Group gap="md" visibleFrom="md">
    {Object.entries(standingWords).map(([state, words]) => (
      <Group gap={6} key={state}>
        <span className={css.dot} data-state={state} aria-hidden />
        <Text size="xs" c="dimmed">
          {words}
        </Text>
      </Group>
    ))}
  </Group>
)
