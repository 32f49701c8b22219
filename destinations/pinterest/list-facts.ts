import { z } from 'zod'
import type { List } from '../define.ts'
import type { Audience } from './audiences.ts'

const number = z.coerce.number().optional().catch(undefined)
const text = z.string().optional().catch(undefined)

/** Ids are text; as a number beyond 2^53 one would have lost its last digits already, and is refused. */
export const id = z.union([z.string().min(1), z.int().transform(String)])

/** A customer list as Pinterest tells of it. */
export const customerList = z.object({
  id,
  name: z.string().catch('(without a name)'),
  status: text,
  list_type: text,
  num_batches: number,
  num_uploaded_user_records: number,
  num_removed_user_records: number,
  created_time: number,
  updated_time: number,
  exceptions: z.record(z.string(), z.unknown()).optional().catch(undefined),
})

export type CustomerList = z.output<typeof customerList>

const STATUS: Readonly<Record<string, string>> = {
  UPLOADING: 'taking records',
  PROCESSING: 'being matched with the people of Pinterest',
  READY: 'ready',
  TOO_SMALL: 'too small for ads: fewer than 100 people were matched',
}

export const statusOf = ({ status }: CustomerList): string | null =>
  status === undefined ? null : (STATUS[status] ?? status)

export const isBusy = ({ status }: CustomerList): boolean => status === 'UPLOADING' || status === 'PROCESSING'

/**
 * How many records of the whole list Pinterest has refused so far, by its word for the reason. Pinterest does not publish the
 * form of `exceptions`: only counts are read, because a text in it could quote a record, and no `code`, which counts nothing.
 */
export function refusedIn({ exceptions }: CustomerList): Record<string, number> {
  return Object.fromEntries(
    Object.entries(exceptions ?? {}).flatMap(([reason, count]) =>
      /^[a-z_]{1,60}$/i.test(reason) && reason !== 'code' && typeof count === 'number' && Number.isSafeInteger(count)
        ? [[`Pinterest: ${reason}`, count]]
        : [],
    ),
  )
}

/** The list in plain words, with the audience that is made of it (null where it has none, undefined where nobody looked). */
export function listOf(
  told: CustomerList,
  { audience, type = told.list_type }: { audience?: Audience | null; type?: string | undefined } = {},
): List {
  return {
    id: told.id,
    name: told.name,
    usable: true,
    ...(type !== undefined && { accepts: [type] }),
    facts: {
      ...(audience !== undefined && {
        'People matched': audience?.size ?? null,
        Audience: audience?.id ?? 'none: make one of this list in the Ads Manager to use it in ads',
        'Status of the audience': audience?.status ?? null,
      }),
      Status: statusOf(told),
      Holds: type ?? null,
      'Records sent, repeated ones too': told.num_uploaded_user_records ?? null,
      'Records removed, unknown ones too': told.num_removed_user_records ?? null,
      Updates: told.num_batches ?? null,
      ...refusedIn(told),
      Made: dateOf(told.created_time),
      'List changed': dateOf(told.updated_time),
    },
  }
}

const dateOf = (seconds: number | undefined) =>
  seconds === undefined || Number.isNaN(new Date(seconds * 1_000).getTime())
    ? null
    : new Date(seconds * 1_000).toISOString()
