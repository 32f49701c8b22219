import { bearer } from '../bearer.ts'
import { parseJson } from '../json.ts'
import type { Answer, Arrival } from '../platform.ts'
import { refuse } from './admin-error.ts'
import { audienceBody } from './audience-schema.ts'
import type { Account, Audience, Ga4State } from './state.ts'
import { keepAudience } from './state.ts'

/** The property of the path, if the token opens it. Throws AdminError. */
export function propertyOf({ accounts }: Ga4State, { headers }: Arrival, propertyId: string): Account {
  const token = bearer(headers)
  const account = [...accounts.values()].find(({ accessToken }) => accessToken === token)
  if (account === undefined || account.tokenExpired) throw refuse.token()
  if (account.propertyId !== propertyId) throw refuse.denied()
  return account
}

export function createAudience(state: Ga4State, { propertyId, mayEdit }: Account, { body }: Arrival): Answer {
  if (!mayEdit) throw refuse.denied()
  const read = audienceBody.safeParse(parseJson(body))
  if (!read.success) {
    const issue = read.error.issues[0]
    throw refuse.argument(`Invalid value at '${issue?.path.join('.') || 'audience'}': ${issue?.message}`)
  }
  const audience: Audience = {
    id: state.newId(),
    propertyId,
    createdAt: state.clock.now(),
    deleted: false,
    body: read.data,
  }
  keepAudience(state, audience)
  return { status: 200, body: describeAudience(audience) }
}

export function readAudience(state: Ga4State, { propertyId }: Account, id: string): Answer {
  const audience = state.audiences.get(id)
  if (audience === undefined || audience.deleted || audience.propertyId !== propertyId) throw refuse.missing()
  return { status: 200, body: describeAudience(audience) }
}

const USUAL_PAGE = 50
const LARGEST_PAGE = 200

export function listAudiences({ audiences }: Ga4State, { propertyId }: Account, { query }: Arrival): Answer {
  const own = [...audiences.values()].filter((each) => each.propertyId === propertyId && !each.deleted)
  const asked = Number(query.get('pageSize') ?? USUAL_PAGE)
  if (!Number.isInteger(asked) || asked < 0) throw refuse.argument('pageSize must be a whole number.')
  const size = Math.min(asked || USUAL_PAGE, LARGEST_PAGE)
  const token = query.get('pageToken')
  const from = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString('utf8') || Number.NaN)
  if (!Number.isSafeInteger(from) || from < 0) throw refuse.argument('pageToken is not valid.')
  const page = own.slice(from, from + size).map(describeAudience)
  const next = from + size < own.length ? Buffer.from(String(from + size)).toString('base64url') : undefined
  // As protocol buffers have it in JSON, an empty list is left out.
  return {
    status: 200,
    body: { ...(page.length > 0 ? { audiences: page } : {}), ...(next ? { nextPageToken: next } : {}) },
  }
}

function describeAudience({ id, propertyId, createdAt, body }: Audience): Record<string, unknown> {
  return {
    name: `properties/${propertyId}/audiences/${id}`,
    ...body,
    adsPersonalizationEnabled: true,
    createTime: new Date(createdAt).toISOString(),
  }
}
