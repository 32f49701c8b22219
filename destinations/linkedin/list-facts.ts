import { z } from 'zod'
import type { List } from '../define.ts'
import { acceptedBy } from './identifiers.ts'

const number = z.coerce.number().optional().catch(undefined)
const text = z.string().optional().catch(undefined)

/** A DMP segment as LinkedIn tells of it; status and sizes stand with its destination. */
export const segment = z.object({
  id: z.coerce.string().min(1),
  name: z.string().catch('(without a name)'),
  type: text,
  sourceSegmentId: text,
  sourcePlatform: text,
  inputCount: number,
  created: number,
  lastModified: number,
  destinations: z
    .array(
      z.object({
        destination: text,
        status: text,
        destinationSegmentId: text,
        audienceSize: number,
        matchedCount: number,
      }),
    )
    .optional()
    .catch(undefined),
})

export type Segment = z.output<typeof segment>

const STATUS: Readonly<Record<string, string>> = {
  BUILDING: 'being built: the first time takes up to 48 hours',
  UPDATING: 'being updated',
  READY: 'ready',
  ARCHIVED: 'archived: unused for a while, still usable in ads',
  EXPIRED: 'expired: not usable in ads',
  FAILED: 'failed: not usable in ads',
  ERROR: 'an error: not usable in ads',
}

/** The smallest segment that LinkedIn serves. */
const LEAST_MATCHED = 300

export function listOf(told: Segment): List {
  const at = told.destinations?.find(({ destination }) => destination === 'LINKEDIN') ?? told.destinations?.[0]
  const kind = told.type === 'COMPANY' || told.type === 'USER' ? told.type : undefined
  const problem = problemOf(told, at?.status)
  return {
    id: told.id,
    name: told.name,
    usable: problem === undefined,
    ...(problem !== undefined && { problem }),
    ...(kind && { accepts: acceptedBy(kind) }),
    facts: {
      Size: at?.audienceSize ?? null,
      'Matched in the last 7 days': at?.matchedCount ?? null,
      'Needed to serve': LEAST_MATCHED,
      Status: at?.status ? (STATUS[at.status] ?? at.status) : null,
      Holds: kind === 'COMPANY' ? 'companies' : kind === 'USER' ? 'people' : (told.type ?? null),
      'Members sent': told.inputCount ?? null,
      'Ad segment': at?.destinationSegmentId ?? null,
      Made: dateOf(told.created),
      'List changed': dateOf(told.lastModified),
    },
  }
}

function problemOf({ type }: Segment, status: string | undefined): string | undefined {
  if (type !== undefined && type !== 'USER' && type !== 'COMPANY') {
    return `This segment is filled from a file (LinkedIn calls it ${type}), so members cannot be added to it. Choose a segment of people or companies, or let a new one be made.`
  }
  if (status === 'EXPIRED' || status === 'FAILED' || status === 'ERROR') {
    return `LinkedIn reports that this segment cannot be used (${status}). Look at it in the Campaign Manager, or let a new one be made.`
  }
  return undefined
}

const dateOf = (ms: number | undefined) =>
  ms === undefined || Number.isNaN(new Date(ms).getTime()) ? null : new Date(ms).toISOString()
