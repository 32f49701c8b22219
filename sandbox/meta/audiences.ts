import { isDeepStrictEqual } from 'node:util'
import type { AudienceRule } from './audience-rule.ts'
import { readRule } from './audience-rule.ts'
import { audienceFields, pick, subtypeOf } from './fields.ts'
import { refuse } from './graph-error.ts'
import { keepAudience } from './kept-state.ts'
import type { AudienceContext, Context, Outcome } from './operation.ts'
import { expireReplace } from './operation-status.ts'
import { page } from './paging.ts'
import type { Parameters } from './parameters.ts'
import { nested, oneOf, required, structure, text, truth, wholeNumber } from './parameters.ts'
import { newRows } from './rows.ts'
import { describeSession } from './sessions.ts'
import type { Account, Audience, MetaState, Website } from './state.ts'

const MOST_AUDIENCES = 500
const LARGEST_PAGE = 20
const DEFAULT_RETENTION = 0

const fileSources = ['USER_PROVIDED_ONLY', 'PARTNER_PROVIDED_ONLY', 'BOTH_USER_AND_PARTNER_PROVIDED'] as const

export function createAudience({ state, account, parameters }: Context): Outcome {
  const website = readWebsite(state, account, parameters)
  const definition = readDefinition(parameters, website)
  const own = audiencesOf(state, account)
  if (truth(parameters, 'enable_fetch_or_create')) {
    const same = own.find((audience) => sameDefinition(audience, definition, website?.rule))
    if (same) return { body: { id: same.id } }
  }
  // UNVERIFIED which code this limit has.
  if (website === undefined && own.filter((audience) => audience.website === undefined).length >= MOST_AUDIENCES)
    throw refuse.parameter(`An ad account can have at most ${MOST_AUDIENCES} customer file audiences.`)
  const now = state.clock.now()
  const audience: Audience = {
    id: state.newId(),
    accountId: account.id,
    ...definition,
    dataSource: undefined,
    createdAt: now,
    updatedAt: now,
    contentAt: now,
    uploaded: false,
    flagged: false,
    deleted: false,
    lookalikes: 0,
    rows: newRows(state),
    replace: undefined,
    replaceFailed: false,
    website,
  }
  state.audiences.set(audience.id, audience)
  keepAudience(state, audience)
  return { body: { id: audience.id } }
}

type Definition = Pick<
  Audience,
  'name' | 'description' | 'optOutLink' | 'retentionDays' | 'customerFileSource' | 'isValueBased' | 'labels'
>

/**
 * An audience with a rule is a website audience, any other a customer list. UNVERIFIED whether a rule may come with a
 * subtype: WEBSITE may.
 */
function readWebsite({ events }: MetaState, { pixelId }: Account, parameters: Parameters): Website | undefined {
  const rule = structure(parameters, 'rule')
  const subtype = text(parameters, 'subtype')
  if (rule === undefined) {
    if (required(subtype, 'subtype') === 'CUSTOM') return undefined
    throw refuse.parameter('Param subtype must be CUSTOM, or WEBSITE with a rule: the sandbox serves no other.')
  }
  if (subtype !== undefined && subtype !== 'WEBSITE')
    throw refuse.parameter('Param subtype must be WEBSITE for an audience with a rule.')
  const isPrefilled = truth(parameters, 'prefill') ?? true
  return { rule: readRule(rule, pixelId), after: isPrefilled ? 0 : events.last }
}

/** Only a customer list has to say where its customers are from. */
function readDefinition(parameters: Parameters, website: Website | undefined): Definition {
  const source = oneOf(parameters, 'customer_file_source', fileSources)
  return {
    name: required(text(parameters, 'name')?.trim(), 'name'),
    description: text(parameters, 'description'),
    optOutLink: text(parameters, 'opt_out_link'),
    retentionDays: wholeNumber(parameters, 'retention_days', { min: 1, max: 180 }) ?? DEFAULT_RETENTION,
    customerFileSource: website ? undefined : required(source, 'customer_file_source'),
    isValueBased: truth(parameters, 'is_value_based') ?? false,
    labels: structure(parameters, 'audience_labels'),
  }
}

function sameDefinition(audience: Audience, definition: Definition, rule: AudienceRule | undefined): boolean {
  const { name, description, optOutLink, retentionDays, customerFileSource, isValueBased, labels } = audience
  const own: Definition = { name, description, optOutLink, retentionDays, customerFileSource, isValueBased, labels }
  return isDeepStrictEqual([own, audience.website?.rule], [definition, rule])
}

/** The audiences that an account still has, newest first. */
function audiencesOf(state: MetaState, account: Account): Audience[] {
  return [...state.audiences.values()]
    .filter((audience) => audience.accountId === account.id && !audience.deleted)
    .reverse()
}

export function listAudiences({ state, account, parameters, address }: Context): Outcome {
  const limit = wholeNumber(parameters, 'limit', { min: 1, max: 5_000 }) ?? LARGEST_PAGE
  if (limit > LARGEST_PAGE) throw refuse.tooMuchData()
  const wanted = text(parameters, 'fields')
  const passes = readFilters(parameters)
  const found = audiencesOf(state, account).filter(passes)
  const render = (audience: Audience) => renderAudience(state, audience, wanted)
  return { body: page(found, { idOf: ({ id }) => id, render, limit }, parameters, address) }
}

export function readAudience({ state, audience, parameters }: AudienceContext): Outcome {
  return { body: renderAudience(state, audience, text(parameters, 'fields')) }
}

function renderAudience(state: MetaState, audience: Audience, wanted: string | undefined): Record<string, unknown> {
  expireReplace(state, audience)
  return pick(audience, audienceFields(state), { wanted, type: 'CustomAudience' })
}

type Compare = (held: string, wanted: string[]) => boolean

const first = (wanted: string[]) => wanted[0] ?? ''

// UNVERIFIED whether CONTAIN minds the case: here it does not, EQUAL does.
const comparisons: Record<string, Compare> = {
  EQUAL: (held, wanted) => held === first(wanted),
  NOT_EQUAL: (held, wanted) => held !== first(wanted),
  CONTAIN: (held, wanted) => held.toLowerCase().includes(first(wanted).toLowerCase()),
  NOT_CONTAIN: (held, wanted) => !held.toLowerCase().includes(first(wanted).toLowerCase()),
  STARTS_WITH: (held, wanted) => held.startsWith(first(wanted)),
  IN: (held, wanted) => wanted.includes(held),
  NOT_IN: (held, wanted) => !wanted.includes(held),
}

const filterable: Record<string, (audience: Audience) => string> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  subtype: subtypeOf,
}

function readFilters(parameters: Parameters): (audience: Audience) => boolean {
  const filters = structure(parameters, 'filtering') ?? []
  if (!Array.isArray(filters)) throw refuse.parameter('Param filtering must be an array.')
  const tests = filters.map((given: unknown) => {
    const filter = nested(given, 'filtering')
    const field = text(filter, 'field') ?? ''
    const operator = text(filter, 'operator') ?? ''
    const read = Object.hasOwn(filterable, field) ? filterable[field] : undefined
    const compare = Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined
    if (read === undefined || compare === undefined || !filter.has('value'))
      throw refuse.parameter('Param filtering has an unknown field or operator, or no value.')
    const value = filter.get('value')
    const wanted = Array.isArray(value) ? value.map(String) : [String(value)]
    return (audience: Audience) => compare(read(audience), wanted)
  })
  return (audience) => tests.every((test) => test(audience))
}

/** Renames, or changes what else may be changed. A flagged audience may be renamed: that is how a flag is answered. */
export function updateAudience({ state, audience, parameters }: AudienceContext): Outcome {
  const name = text(parameters, 'name')?.trim()
  if (name === '') throw refuse.parameter('Param name must not be empty.')
  const retentionDays = wholeNumber(parameters, 'retention_days', { min: 1, max: 180 })
  audience.name = name ?? audience.name
  audience.description = text(parameters, 'description') ?? audience.description
  audience.optOutLink = text(parameters, 'opt_out_link') ?? audience.optOutLink
  audience.retentionDays = retentionDays ?? audience.retentionDays
  audience.updatedAt = state.clock.now()
  return { body: { success: true, message: '' } }
}

export function deleteAudience({ state, audience }: AudienceContext): Outcome {
  if (audience.lookalikes > 0) throw refuse.hasLookalikes()
  forget(state, audience)
  return { body: { success: true } }
}

/** Deletes an audience; its id is remembered, so that an edit can be told what happened. */
export function forget(state: MetaState, audience: Audience): void {
  audience.deleted = true
  audience.rows.clear()
  audience.rows = newRows(state)
  audience.replace?.rows.clear()
  audience.replace = undefined
}

const SESSIONS_PAGE = 25

/** Upload sessions, newest first. */
export function readSessions({ state, account, audience, parameters, address }: AudienceContext): Outcome {
  const wanted = text(parameters, 'session_id')
  const sessions = [...account.sessions.values()]
    .filter(({ id, audienceId }) => audienceId === audience.id && (wanted === undefined || id === wanted))
    .reverse()
  const limit = wholeNumber(parameters, 'limit', { min: 1, max: 1_000 }) ?? SESSIONS_PAGE
  const render = (session: (typeof sessions)[number]) => renderSession(describeSession(state, session), parameters)
  return { body: page(sessions, { idOf: ({ id }) => id, render, limit }, parameters, address) }
}

const sessionFields = [
  'session_id',
  'stage',
  'progress',
  'num_received',
  'num_matched',
  'num_invalid_entries',
  'start_time',
  'end_time',
]

/** Without `fields` a session shows everything. */
function renderSession(session: Record<string, string>, parameters: Parameters): Record<string, unknown> {
  const wanted =
    text(parameters, 'fields')
      ?.split(',')
      .map((name) => name.trim()) ?? sessionFields
  const unknown = wanted.find((name) => !sessionFields.includes(name))
  if (unknown !== undefined)
    throw refuse.parameter(
      `Tried accessing nonexisting field (${unknown.slice(0, 80)}) on node type (CustomAudienceSession)`,
    )
  return Object.fromEntries(wanted.filter((name) => name in session).map((name) => [name, session[name]]))
}
