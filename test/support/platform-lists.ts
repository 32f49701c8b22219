import { hash } from 'node:crypto'
import type { ListPlatformId } from '../../destinations/index.ts'
import type { Journey } from './journey.ts'

/** How each platform's people are mapped from a table with an e-mail and a phone. */
export const mappings: Record<ListPlatformId, Record<string, string>> = {
  google: { email: 'email', phone: 'phone' },
  klaviyo: { email: 'email', phone_number: 'phone' },
  linkedin: { SHA256_EMAIL: 'email' },
  meta: { EMAIL: 'email', PHONE: 'phone' },
  pinterest: { EMAIL: 'email' },
  tiktok: { EMAIL_SHA256: 'email', PHONE_SHA256: 'phone' },
}
export const platforms = Object.keys(mappings) as ListPlatformId[]

const sha = (text: string) => hash('sha256', text, 'hex')

/** Rows of a list that the names do not stand for, and names that it does not hold: nothing where it is as it should be. */
export async function wrongIn(
  { sandbox }: Journey,
  platform: ListPlatformId,
  listId: string,
  names: readonly string[],
): Promise<string[]> {
  const { members } = await sandbox('GET', `/${platform}/lists/${listId}?limit=1000`)
  const rows: string[] = members.map((row: unknown) => JSON.stringify(row).toLowerCase())
  const isOf = (row: string, name: string) =>
    row.includes(`${name}@example.test`) || row.includes(sha(`${name}@example.test`))
  return [
    ...rows.filter((row) => !names.some((name) => isOf(row, name))).map((row) => `extra ${row}`),
    ...names.filter((name) => !rows.some((row) => isOf(row, name))).map((name) => `missing ${name}`),
    ...(rows.length === names.length ? [] : [`${rows.length} rows for ${names.length} names`]),
  ]
}

/** A destination in a sandbox account of its own, and a sync of the audience to a new list there. */
export async function syncTo({ must, sandbox }: Journey, platform: ListPlatformId, audienceId: string, name: string) {
  const { id: destinationId } = await must('POST', '/v1/destinations', {
    name: `${platform} of ${name}`,
    platform,
    sandbox: true,
  })
  const sync = await must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId,
    list: { create: { name: `List of ${name}` } },
    mapping: mappings[platform],
    enabled: true,
  })
  // LinkedIn answers 404 for a segment's first minutes
  await sandbox('POST', '/clock', { platform, advance: '5m' })
  return { platform, destinationId: String(destinationId), syncId: String(sync.id), listId: String(sync.list.id) }
}
