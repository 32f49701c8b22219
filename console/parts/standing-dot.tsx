import { Text, Tooltip } from '@mantine/core'
import type { Standing } from '../shapes.ts'
import css from './standing-dot.module.css'
import { standingWords } from './standing-words.ts'

type Props = {
  standing: Standing
  name: string
  /** Beside a text of several lines: level with its first. */
  low?: boolean
}

/** How a sync stands, as a dot: its form tells as much as its colour, hover and focus tell why. */
export const StandingDot = ({ standing, name, low = false }: Props) => (
  <Tooltip
    label={
      <>
        <Text size="sm" fw={600}>
          {name}: {standingWords[standing.state]}
        </Text>
        <Text size="sm">{standing.says}</Text>
        {standing.next && <Text size="sm">{standing.next}</Text>}
      </>
    }
  >
    <button
      type="button"
      className={css.dot}
      data-state={standing.state}
      data-low={low || undefined}
      aria-label={`${name}: ${standingWords[standing.state]}. ${standing.says} ${standing.next ?? ''}`}
    />
  </Tooltip>
)
