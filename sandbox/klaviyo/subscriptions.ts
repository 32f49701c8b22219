import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { refuse } from './api-error.ts'
import { findList } from './lists.ts'
import type { Context, Outcome } from './operation.ts'
import { listReference } from './profile-schemas.ts'
import {
  createProfile,
  findBy,
  findById,
  joinList,
  leaveList,
  match,
  readIdentifiers,
  writeProfile,
} from './profiles.ts'
import { readBody } from './read-body.ts'
import { isoTime } from './render.ts'
import type { List, Profile } from './state.ts'

const word = z.string().nullish()
const profileType = z.literal('profile')
const list = z.strictObject({ data: listReference }).optional()

const subscribed = z.strictObject({ consent: z.literal('SUBSCRIBED'), consented_at: word })
const subscriptions = z.strictObject({
  email: z.strictObject({ marketing: subscribed }).nullish(),
  sms: z.strictObject({ marketing: subscribed.nullish(), transactional: subscribed.nullish() }).nullish(),
  whatsapp: z.looseObject({ marketing: subscribed.nullish(), transactional: subscribed.nullish() }).nullish(),
  push: z.looseObject({ marketing: subscribed.nullish() }).nullish(),
})
const subscribeBody = z.strictObject({
  data: z.strictObject({
    type: z.literal('profile-subscription-bulk-create-job'),
    attributes: z.strictObject({
      custom_source: word,
      historical_import: z.boolean().nullish(),
      profiles: z.strictObject({
        data: z.array(
          z.strictObject({
            type: profileType,
            id: word,
            attributes: z.strictObject({
              email: word,
              phone_number: word,
              subscriptions,
              age_gated_date_of_birth: word,
            }),
          }),
        ),
      }),
    }),
    relationships: z.strictObject({ list }).optional(),
  }),
})

const unsubscribed = z.strictObject({ consent: z.literal('UNSUBSCRIBED') })
const unsubscribeBody = z.strictObject({
  data: z.strictObject({
    type: z.literal('profile-subscription-bulk-delete-job'),
    attributes: z.strictObject({
      profiles: z.strictObject({
        data: z.array(
          z.strictObject({
            type: profileType,
            attributes: z.strictObject({
              email: word,
              phone_number: word,
              subscriptions: z.strictObject({
                email: z.strictObject({ marketing: unsubscribed }).nullish(),
                sms: z
                  .strictObject({ marketing: unsubscribed.nullish(), transactional: unsubscribed.nullish() })
                  .nullish(),
                whatsapp: z.looseObject({}).nullish(),
                push: z.looseObject({}).nullish(),
              }),
            }),
          }),
        ),
      }),
    }),
    relationships: z.strictObject({ list }).optional(),
  }),
})

const suppressionBody = (type: 'profile-suppression-bulk-create-job' | 'profile-suppression-bulk-delete-job') =>
  z.strictObject({
    data: z.strictObject({
      type: z.literal(type),
      attributes: z.strictObject({
        profiles: z
          .strictObject({
            data: z.array(z.strictObject({ type: profileType, attributes: z.strictObject({ email: z.string() }) })),
          })
          .nullish(),
      }),
      relationships: z.strictObject({ list }).optional(),
    }),
  })
const suppressBody = suppressionBody('profile-suppression-bulk-create-job')
const unsuppressBody = suppressionBody('profile-suppression-bulk-delete-job')

const PROFILES = '/data/attributes/profiles/data'
const MOST_SUBSCRIBED = 1_000
const MOST_OTHERS = 100
/** What a new consent ends; an address that does not work stays suppressed. */
const liftedByConsent = ['UNSUBSCRIBE', 'SPAM_REPORT', 'USER_SUPPRESSED']

/** Gives consent. On a list with double opt-in the person has to confirm first, unless the consent is an old one. */
export function subscribe(context: Context): Outcome {
  const { state } = context
  const { attributes, relationships } = readBody(subscribeBody, context.body).data
  const wanted = attributes.profiles.data
  checkCount(wanted.length, MOST_SUBSCRIBED)
  const onto = relationships?.list && findList(context, relationships.list.data.id)
  const historical = attributes.historical_import === true
  const now = state.clock.now()
  const read = wanted.map((sent, index) => {
    const at = `${PROFILES}/${index}/attributes`
    const consents = consentsOf(sent.attributes.subscriptions)
    for (const { consented_at } of consents) checkConsentTime(consented_at, historical, now, `${at}/subscriptions`)
    if (consents.length === 0) throw refuse.invalid('At least one subscription is required.', `${at}/subscriptions`)
    const { identifiers, fault } = readIdentifiers(sent.attributes)
    if (fault) throw refuse.invalid(fault.detail, `${at}/${fault.name}`)
    if (Object.keys(identifiers).length === 0) throw refuse.invalid('One of email or phone_number is required.', at)
    return { sent, consents, identifiers }
  })
  const optIn = onto?.optInProcess ?? context.account.optInProcess
  for (const { sent, consents, identifiers } of read) {
    const known = sent.id ? findById(state, context.account, sent.id) : match(state, context.account, identifiers)
    const profile = known ?? createProfile(state, context.account)
    if (known === undefined) writeProfile(state, profile, { attributes: identifiers }, true)
    // Nobody confirms in a sandbox: consent by double opt-in stays out.
    if (optIn === 'double_opt_in' && !historical) continue
    for (const { name } of consents) profile.consent[name] = 'SUBSCRIBED'
    for (const reason of liftedByConsent) delete profile.suppressions[reason]
    if (onto) joinList(state, profile, onto.id)
  }
  return { status: 202, note: { received: wanted.length, invalid: 0 } }
}

function consentsOf(given: z.infer<typeof subscriptions>): { name: string; consented_at: string | null | undefined }[] {
  const { email, sms, whatsapp, push } = given
  const all = {
    'email.marketing': email?.marketing,
    'sms.marketing': sms?.marketing,
    'sms.transactional': sms?.transactional,
    'whatsapp.marketing': whatsapp?.marketing,
    'whatsapp.transactional': whatsapp?.transactional,
    'push.marketing': push?.marketing,
  }
  return Object.entries(all).flatMap(([name, consent]) =>
    consent ? [{ name, consented_at: consent.consented_at }] : [],
  )
}

function checkConsentTime(at: string | null | undefined, historical: boolean, now: number, pointer: string): void {
  if (!historical && at) throw refuse.invalid('consented_at is only accepted with historical_import.', pointer)
  if (!historical) return
  const time = Date.parse(at ?? '')
  if (Number.isNaN(time) || time >= now)
    throw refuse.invalid('historical_import requires a consented_at in the past.', pointer)
}

/** Takes consent back: for everything, also where a list is named that the profile is not on. */
export function unsubscribe(context: Context): Outcome {
  const { state, account } = context
  const { attributes, relationships } = readBody(unsubscribeBody, context.body).data
  const wanted = attributes.profiles.data
  checkCount(wanted.length, MOST_OTHERS)
  const from = relationships?.list && findList(context, relationships.list.data.id)
  for (const sent of wanted) {
    const profile = match(state, account, readIdentifiers(sent.attributes).identifiers)
    if (profile === undefined) continue
    if (from && profile.lists[from.id] !== undefined) {
      leaveList(state, profile, from.id)
      continue
    }
    const { email, sms } = sent.attributes.subscriptions
    if (email) {
      profile.consent['email.marketing'] = 'UNSUBSCRIBED'
      profile.suppressions.UNSUBSCRIBE = state.clock.now()
    }
    if (sms?.marketing) profile.consent['sms.marketing'] = 'UNSUBSCRIBED'
    if (sms?.transactional) profile.consent['sms.transactional'] = 'UNSUBSCRIBED'
  }
  return { status: 202, note: { received: wanted.length, invalid: 0 } }
}

export function suppress(context: Context): Outcome {
  const { data } = readBody(suppressBody, context.body)
  return changeSuppressions(context, data, 'create', (profile) => {
    profile.suppressions.USER_SUPPRESSED ??= context.state.clock.now()
  })
}

/** Lifts what an operator set; an address that does not work stays suppressed. */
export function unsuppress(context: Context): Outcome {
  const { data } = readBody(unsuppressBody, context.body)
  return changeSuppressions(context, data, 'delete', (profile) => {
    delete profile.suppressions.USER_SUPPRESSED
  })
}

function changeSuppressions(
  context: Context,
  data: z.infer<typeof suppressBody>['data'] | z.infer<typeof unsuppressBody>['data'],
  what: 'create' | 'delete',
  change: (profile: Profile) => void,
): Outcome {
  const { state, account, origin } = context
  const emails = data.attributes.profiles?.data.map(({ attributes }) => attributes.email)
  const of = data.relationships?.list && findList(context, data.relationships.list.data.id)
  if ((emails === undefined) === (of === undefined))
    throw refuse.invalid('Either profiles or a list is required.', '/data/attributes')
  if (emails) checkCount(emails.length, MOST_OTHERS)
  const found = emails ? emails.map((email) => findBy(state, account, 'email', email)) : membersOf(context, of)
  for (const profile of found) if (profile) change(profile)
  const id = randomBytes(12).toString('base64url')
  const type = `profile-suppression-bulk-${what}-job`
  const now = isoTime(state.clock.now())
  const skipped = found.filter((profile) => profile === undefined).length
  return {
    status: 202,
    body: {
      data: {
        type,
        id,
        attributes: {
          status: 'complete',
          created_at: now,
          total_count: found.length,
          completed_count: found.length - skipped,
          completed_at: now,
          skipped_count: skipped,
        },
        links: { self: `${origin}/api/${type}s/${id}` },
      },
    },
    note: { received: found.length, invalid: 0 },
  }
}

function membersOf({ state }: Context, list: List | undefined): Profile[] {
  return list === undefined
    ? []
    : [...state.profiles.values()].filter((profile) => profile.lists[list.id] !== undefined)
}

function checkCount(count: number, most: number): void {
  if (count === 0) throw refuse.invalid('At least one profile is required.', PROFILES)
  if (count > most) throw refuse.invalid(`This endpoint accepts at most ${most} profiles.`, PROFILES)
}
