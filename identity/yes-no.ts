import { lowered } from './text.ts'

const words = new Map<string, boolean>([
  ...['yes', 'y', 'true', 't', '1', 'on'].map((word) => [word, true] as const),
  ...['no', 'n', 'false', 'f', '0', 'off', ''].map((word) => [word, false] as const),
])

/** Whether a field says yes; undefined when it says neither. Empty is no. */
export const yesOrNo = (raw: string): boolean | undefined => words.get(lowered(raw))
