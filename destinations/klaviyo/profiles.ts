import { z } from 'zod'
import type { BatchMember, Members } from '../define.ts'
import { PROFILES_PER_PAGE } from './api.ts'
import { ask } from './calls.ts'
import type { KlaviyoConnection } from './connection.ts'
import { FINDING } from './identifiers.ts'
import { cursorOf } from './lists.ts'

const text = z.string().nullish().catch(undefined)

/** What is read of a profile: its id, and by what it is known. */
export const profile = z.object({
  id: z.string().min(1),
  attributes: z.object({ email: text, phone_number: text, external_id: text }).catch({}),
})
export type Profile = z.output<typeof profile>

export const profilesPage = z.object({
  data: z.array(profile),
  links: z.object({ next: z.string().nullish() }).optional().catch(undefined),
})

export const FIELDS = 'email,phone_number,external_id'

/** Finds members by what a profile, or an error about one, says of itself. */
export function finder({ identifiers, members }: Members): (said: Profile['attributes']) => BatchMember | undefined {
  const byValue = new Map<string, BatchMember>()
  for (const name of FINDING) {
    const column = identifiers.indexOf(name)
    if (column < 0) continue
    for (const member of members) {
      const value = member.values[column]
      if (value !== undefined) byValue.set(keyOf(name, value), member)
    }
  }
  return (said) => {
    for (const name of FINDING) {
      const value = said[name]
      const member = value ? byValue.get(keyOf(name, value)) : undefined
      if (member) return member
    }
    return undefined
  }
}

// Klaviyo may write an address in another case than it was given
const keyOf = (name: string, value: string) => `${name} ${name === 'email' ? value.toLowerCase() : value}`

/** Profiles that exist for these values of one attribute. The values stand in the address: Klaviyo has no other way to ask. */
export async function profilesBy(
  connection: KlaviyoConnection,
  attribute: (typeof FINDING)[number] | 'id',
  values: readonly string[],
): Promise<Profile[]> {
  const found: Profile[] = []
  for (let first = 0; first < values.length; first += PROFILES_PER_PAGE) {
    const some = values.slice(first, first + PROFILES_PER_PAGE)
    const query = new URLSearchParams({
      filter: `any(${attribute},${JSON.stringify(some)})`,
      'fields[profile]': FIELDS,
      'page[size]': String(PROFILES_PER_PAGE),
    })
    const reply = await ask(connection, {
      method: 'GET',
      path: `/api/profiles?${query}`,
      endpoint: 'profiles',
      reply: profilesPage,
    })
    found.push(...reply.data)
  }
  return found
}

/** The profiles of an import, page by page. */
export async function* importedProfiles(connection: KlaviyoConnection, jobId: string): AsyncIterable<Profile> {
  let cursor: string | undefined
  do {
    const query = new URLSearchParams({
      'fields[profile]': FIELDS,
      'page[size]': String(PROFILES_PER_PAGE),
      ...(cursor !== undefined && { 'page[cursor]': cursor }),
    })
    const reply: z.output<typeof profilesPage> = await ask(connection, {
      method: 'GET',
      path: `/api/profile-bulk-import-jobs/${encodeURIComponent(jobId)}/profiles?${query}`,
      endpoint: 'jobProfiles',
      reply: profilesPage,
    })
    yield* reply.data
    cursor = cursorOf(reply.links?.next)
  } while (cursor !== undefined)
}

/** The ids of members whose id is not known, looked up by what they are known by. A member without a profile is not in the map. */
export async function lookUp(connection: KlaviyoConnection, people: Members): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for (const name of FINDING) {
    const column = people.identifiers.indexOf(name)
    const missing =
      column < 0 ? [] : people.members.filter(({ key, values }) => !ids.has(key) && values[column] !== undefined)
    if (missing.length === 0) continue
    const find = finder({ identifiers: people.identifiers, members: missing })
    for (const { id, attributes } of await profilesBy(
      connection,
      name,
      missing.map(({ values }) => values[column] ?? ''),
    )) {
      const member = find({ [name]: attributes[name] })
      if (member) ids.set(member.key, id)
    }
  }
  return ids
}
