import { z } from '@hono/zod-openapi'
import { memberKeyOf } from '../../db/member-key.ts'
import {
  findByTokens,
  findMember,
  historyOf,
  type LedgerFact,
  type LookedAt,
  syncsToLookAt,
} from '../../db/queries/person.ts'
import type { Identifier } from '../../destinations/define.ts'
import { strongToken } from '../../identity/packed.ts'
import { normaliseBy, sentBy } from '../../identity/prepare.ts'
import { platformOf } from '../connection.ts'
import type { Deps } from '../deps.ts'
import { id, iso, isoOrNull, moment } from '../present.ts'
import { ApiProblem } from '../problem.ts'
import { answers, route, router, takes } from '../router.ts'

const value = z.string().trim().min(1).max(1_000)
const person = z.union([
  z.strictObject({ memberId: z.string().min(1).max(1_000) }),
  z.strictObject({ email: value }),
  z.strictObject({ phone: value }),
])

const state = z.enum([
  'adding',
  'accepted',
  'confirmed',
  'removing',
  'rejected',
  'unusable',
  'retained',
  'unconfirmed',
  'absent',
])

const lookedUp = z
  .object({
    found: z.boolean().openapi({ description: 'Whether any destination holds, or may hold, this person' }),
    items: z.array(
      z.object({
        member: id.nullable().openapi({ description: 'A keyed hash that stands for the member id' }),
        audience: z.object({ id, name: z.string() }),
        destination: z.object({ id, name: z.string(), platform: z.string() }),
        syncId: id,
        list: z.string().nullable(),
        state,
        says: z.string().openapi({ description: 'The state in a sentence' }),
        since: moment.nullable(),
        confirmedAt: moment.nullable(),
        reason: z.string().nullable(),
        retryAt: moment.nullable(),
        history: z.array(
          z.object({ at: moment, event: z.string(), state: z.string(), since: moment, reason: z.string().nullable() }),
        ),
      }),
    ),
  })
  .openapi('LookedUp')

const lookup = route('viewer', {
  method: 'post',
  path: '/v1/people/lookup',
  tags: ['People'],
  summary: 'One person in every audience and destination',
  description:
    'By member id, e-mail or phone. What is asked for stays in the body: it enters no URL and no log, and is not repeated in the answer. Where a platform only counts, `accepted` is all that is known.',
  request: { body: takes(person) },
  responses: { 200: answers(lookedUp, 'What is known, per sync') },
})

export const peopleRoutes = (deps: Deps) =>
  router().openapi(lookup, async (c) => {
    const given = c.req.valid('json')
    const syncs = await syncsToLookAt(deps.db.orm)
    const items = (await twoAtATime(syncs, (sync) => inSync(deps, sync, given))).flat()
    const held = new Set(['adding', 'accepted', 'confirmed', 'removing', 'retained'])
    return c.json({ found: items.some((item) => held.has(item.state)), items }, 200)
  })

/** A look-up by e-mail or phone reads whole ledgers: it leaves room for others. */
async function twoAtATime<T, R>(things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  const next = things.entries()
  const lane = async () => {
    for (const [at, thing] of next) done[at] = await work(thing)
  }
  await Promise.all([lane(), lane()])
  return done
}

/** The longest that the ledger of one sync is searched. */
const searchMs = 20_000

const tooLong = (list: string | null) =>
  new ApiProblem(503, {
    code: 'search_too_long',
    detail: `Searching ${list ?? 'a list'} for this person took longer than ${searchMs / 1_000} seconds.`,
    whose: 'you',
    next: 'Ask by the member id, which is found at once, or try again when less is going on.',
  })

async function inSync({ db, memberKeySecret }: Deps, sync: LookedAt, given: z.output<typeof person>) {
  const { audience, id: syncId, listName } = sync
  const { settings: _, ...destination } = sync.destination
  const common = { audience: { id: audience.id, name: audience.name }, destination, syncId, list: listName }
  const key = 'memberId' in given ? memberKeyOf(memberKeySecret, given.memberId) : undefined
  const facts = 'memberId' in given ? await findMember(db.orm, sync.no, key ?? '') : await byIdentifier(db, sync, given)
  const present = await Promise.all(
    facts.map(async (fact) => ({
      ...common,
      ...factOf(fact),
      history: await historyFacts(db, sync.no, fact.memberKey),
    })),
  )
  if (present.length > 0) return present
  const history = key === undefined ? [] : await historyFacts(db, sync.no, key)
  return [{ ...common, ...absent(history.length > 0), history }]
}

async function byIdentifier(
  db: Deps['db'],
  { no, listName, audience, destination }: LookedAt,
  given: { email: string } | { phone: string },
): Promise<LedgerFact[]> {
  const [usual, raw] = 'email' in given ? ['email', given.email] : ['phone', given.phone]
  const identifiers: Identifier[] = Object.values(platformOf(destination.platform).identifiers)
  const tokens = identifiers
    .filter(({ role, fields }) => role === 'strong' && fields.includes(usual))
    .flatMap((identifier) => {
      const normalised = normaliseBy(identifier, raw, audience.defaultCountry ?? undefined, destination.settings)
      if (typeof normalised !== 'string' || normalised === '') return []
      return [strongToken(identifier.code, sentBy(identifier, normalised))]
    })
  if (tokens.length === 0) return []
  const found = await findByTokens(db.orm, no, tokens, searchMs)
  if (!found) throw tooLong(listName)
  return found
}

const stateOf = (text: string) => state.catch('adding').parse(text)

const sentences: Record<z.output<typeof state>, string> = {
  adding: 'Is being added; the platform has not answered yet.',
  accepted: 'In the list: the platform has accepted it and has not said more.',
  confirmed: 'In the list: the platform has confirmed it.',
  removing: 'Is being removed.',
  rejected: 'Not in the list: the platform refused it.',
  unusable: 'Not in the list: nothing that the platform could match is usable.',
  retained: 'Left the audience, but shares an identifier with a member who is still in it, and stays in the list.',
  unconfirmed: 'Was sent; the platform never said what became of it. It is sent again.',
  absent: 'Not in the list: was never sent.',
}

const factOf = (fact: LedgerFact) => ({
  member: fact.memberKey,
  state: stateOf(fact.state),
  says: sentences[stateOf(fact.state)],
  since: iso(fact.since),
  confirmedAt: isoOrNull(fact.confirmedAt),
  reason: fact.reason,
  retryAt: isoOrNull(fact.retryAt),
})

const absent = (wasThere: boolean) => ({
  member: null,
  state: 'absent' as const,
  says: wasThere ? 'Not in the list: was removed.' : sentences.absent,
  since: null,
  confirmedAt: null,
  reason: null,
  retryAt: null,
})

async function historyFacts({ orm }: Deps['db'], syncNo: number, key: string) {
  const rows = await historyOf(orm, syncNo, key)
  return rows.map(({ at, event, state: then, since, reason }) => ({
    at: iso(at),
    event,
    state: then,
    since: iso(since),
    reason,
  }))
}
