import { z } from '@hono/zod-openapi'
import { eventIdOf } from '../../db/event-id.ts'
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
import { sideIn } from '../connection.ts'
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
  'baseline',
  'retained',
  'unconfirmed',
  'absent',
])

const sent = z
  .object({ id, action: z.enum(['added', 'removed']), at: moment })
  .nullable()
  .openapi({ description: 'The event that told the platform, under the id that it has there; null for lists' })

const lookedUp = z
  .object({
    found: z.boolean().openapi({ description: 'Whether any destination holds, or may hold, this person' }),
    items: z.array(
      z.object({
        member: id.nullable().openapi({ description: 'A keyed hash that stands for the member id' }),
        audience: z.object({ id, name: z.string() }),
        destination: z.object({ id, name: z.string(), platform: z.string() }),
        syncId: id,
        mode: z.enum(['list', 'event']),
        list: z.string().nullable(),
        state,
        says: z.string().openapi({ description: 'The state in a sentence' }),
        since: moment.nullable(),
        confirmedAt: moment.nullable(),
        reason: z.string().nullable(),
        retryAt: moment.nullable(),
        event: sent,
        history: z.array(
          z.object({
            at: moment,
            event: z.string(),
            state: z.string(),
            since: moment,
            reason: z.string().nullable(),
            sent,
          }),
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
  const { audience, id: syncId, mode, listName } = sync
  const { settings: _, ...destination } = sync.destination
  const common = {
    audience: { id: audience.id, name: audience.name },
    destination,
    syncId,
    mode,
    list: mode === 'event' ? null : listName,
  }
  const key = 'memberId' in given ? memberKeyOf(memberKeySecret, given.memberId) : undefined
  const facts = 'memberId' in given ? await findMember(db.orm, sync.no, key ?? '') : await byIdentifier(db, sync, given)
  const present = await Promise.all(
    facts.map(async (fact) => ({
      ...common,
      ...factOf(mode, fact),
      event: eventOf(syncId, fact.memberKey, fact),
      history: await historyFacts(db, sync, fact.memberKey),
    })),
  )
  if (present.length > 0) return present
  const history = key === undefined ? [] : await historyFacts(db, sync, key)
  return [{ ...common, ...absent(mode, history.length > 0), event: null, history }]
}

async function byIdentifier(
  db: Deps['db'],
  { no, mode, listName, audience, destination }: LookedAt,
  given: { email: string } | { phone: string },
): Promise<LedgerFact[]> {
  const [usual, raw] = 'email' in given ? ['email', given.email] : ['phone', given.phone]
  const identifiers: Identifier[] = Object.values(sideIn(destination.platform, mode).identifiers)
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

const ofLists: Record<z.output<typeof state>, string> = {
  adding: 'Is being added; the platform has not answered yet.',
  accepted: 'In the list: the platform has accepted it and has not said more.',
  confirmed: 'In the list: the platform has confirmed it.',
  removing: 'Is being removed.',
  rejected: 'Not in the list: the platform refused it.',
  unusable: 'Not in the list: nothing that the platform could match is usable.',
  baseline: 'In the audience since before this sync began: not announced, and its leaving will not be either.',
  retained: 'Left the audience, but shares an identifier with a member who is still in it, and stays in the list.',
  unconfirmed: 'Was sent; the platform never said what became of it. It is sent again.',
  absent: 'Not in the list: was never sent.',
}

const ofEvents: Record<z.output<typeof state>, string> = {
  adding: 'Its join is being announced; the platform has not answered yet.',
  accepted: 'Announced: the platform has accepted the event and has not said more.',
  confirmed: 'Announced: the platform has confirmed the event.',
  removing: 'Its leave is being announced.',
  rejected: 'Not announced: the platform refused the event.',
  unusable: 'Not announced: nothing that the platform could know this person by is usable.',
  baseline: 'In the audience since before this sync began: not announced, and its leave will not be either.',
  retained:
    'Left the audience, but shares an identifier with a member who is still in it: announced when that one leaves.',
  unconfirmed: 'Was announced; the platform never said what became of it. It is announced again.',
  absent: 'Not announced.',
}

const sentencesOf = { list: ofLists, event: ofEvents } as const

const factOf = (mode: LookedAt['mode'], fact: LedgerFact) => ({
  member: fact.memberKey,
  state: stateOf(fact.state),
  says: sentencesOf[mode][stateOf(fact.state)],
  since: iso(fact.since),
  confirmedAt: isoOrNull(fact.confirmedAt),
  reason: fact.reason,
  retryAt: isoOrNull(fact.retryAt),
})

const goneFrom = { list: 'Not in the list: was removed.', event: 'Its leave was announced.' } as const

const absent = (mode: LookedAt['mode'], wasThere: boolean) => ({
  member: null,
  state: 'absent' as const,
  says: wasThere ? goneFrom[mode] : sentencesOf[mode].absent,
  since: null,
  confirmedAt: null,
  reason: null,
  retryAt: null,
})

async function historyFacts({ orm }: Deps['db'], { id: syncId, no }: LookedAt, key: string) {
  const rows = await historyOf(orm, no, key)
  return rows.map(({ at, event, state: then, since, reason, eventAt }) => ({
    at: iso(at),
    event,
    state: then,
    since: iso(since),
    reason,
    sent: eventOf(syncId, key, { state: event === 'left' ? 'removing' : then, eventAt }),
  }))
}

/** The event that told the platform of this fact, where it was told by one. */
function eventOf(syncId: string, key: string, { state, eventAt }: { state: string; eventAt: string | null }) {
  if (eventAt === null) return null
  const at = new Date(eventAt)
  const action = state === 'removing' ? ('removed' as const) : ('added' as const)
  return { id: eventIdOf(syncId, key, action, at), action, at: at.toISOString() }
}
