import type { Run } from '../shapes.ts'

/** A count of all deliveries of a run together. */
export const sumOf = ({ deliveries }: Run, name: keyof Run['deliveries'][number]['counts']): number =>
  deliveries.reduce((sum, { counts }) => sum + counts[name], 0)
