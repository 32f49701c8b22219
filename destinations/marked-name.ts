import { hash } from 'node:crypto'
import type { WantedList } from './define.ts'

/**
 * A list's name with a short mark that is its marker's alone, such as 'VIP (as-1f2e3d4c)': for platforms that keep nothing
 * beside a name by which an interrupted creation could be found again.
 */
export function markedName({ name, marker }: Pick<WantedList, 'name' | 'marker'>, longest: number): string {
  const mark = ` (as-${hash('sha256', marker).slice(0, 8)})`
  return name.slice(0, longest - mark.length) + mark
}
