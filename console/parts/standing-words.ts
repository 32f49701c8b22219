import type { Standing } from '../shapes.ts'

/** The states of a sync as people read them. */
export const standingWords: Readonly<Record<Standing['state'], string>> = {
  in_step: 'In step',
  running: 'Running',
  waiting: 'Waiting',
  held: 'Held',
  needs_attention: 'Needs attention',
  off: 'Off',
}
