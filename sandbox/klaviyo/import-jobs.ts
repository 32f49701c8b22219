import { randomBytes, randomUUID } from 'node:crypto'
import type { Disturbance } from '../platform.ts'
import { refuse } from './api-error.ts'
import { readFilter } from './filter.ts'
import { findList } from './lists.ts'
import type { Context, Outcome } from './operation.ts'
import { pageOf } from './paging.ts'
import type { UpsertedProfile } from './profile-schemas.ts'
import { importBody } from './profile-schemas.ts'
import { createProfile, findById, joinList, match, otherOwner, readIdentifiers, writeProfile } from './profiles.ts'
import { readBody } from './read-body.ts'
import { renderImportError, renderJob, renderProfile, stageOf } from './render.ts'
import type { ImportError, ImportJob } from './state.ts'

const MOST_PROFILES = 10_000
const LARGEST_PROFILE_BYTES = 100 * 1024
const PROFILES = '/data/attributes/profiles/data'

/** Takes an import. What is malformed refuses it whole; what is only wrong of one profile becomes an import error. */
export function importProfiles(context: Context): Outcome {
  const { state, account, body, disturbance } = context
  const { data } = readBody(importBody, body)
  const profiles = data.attributes.profiles.data
  if (profiles.length === 0) throw refuse.invalid('At least one profile is required.', PROFILES)
  if (profiles.length > MOST_PROFILES)
    throw refuse.invalid(`This endpoint accepts at most ${MOST_PROFILES} profiles.`, PROFILES)
  const tooLarge = profiles.findIndex((profile) => Buffer.byteLength(JSON.stringify(profile)) > LARGEST_PROFILE_BYTES)
  if (tooLarge >= 0)
    throw refuse.invalid('The maximum allowed payload size per profile is 100KB.', `${PROFILES}/${tooLarge}`)
  const listIds = (data.relationships?.lists?.data ?? []).map(({ id }) => findList(context, id).id)
  const now = state.clock.now()
  const doneAt = now + account.jobSeconds * 1_000
  const job: ImportJob = {
    id: randomBytes(24).toString('base64url'),
    accountId: account.id,
    listIds,
    createdAt: now,
    doneAt,
    expiresAt: doneAt + account.resultSeconds * 1_000,
    total: profiles.length,
    cancelledCount: 0,
    profileIds: [],
    errors: [],
  }
  work(context, job, profiles, disturbance)
  state.jobs.set(job.id, job)
  return {
    status: 202,
    body: { data: renderJob(context, job, now) },
    note: { received: profiles.length, invalid: job.errors.length + job.cancelledCount },
  }
}

/** The reason of a fault that ends a job before it has done everything. */
const CANCELLED = 'cancelled'

function work(context: Context, job: ImportJob, profiles: UpsertedProfile[], disturbance: Disturbance): void {
  const ordered = Math.min(disturbance.rejectRows, profiles.length)
  const isCancelled = disturbance.reason === CANCELLED
  if (isCancelled) job.cancelledCount = ordered
  const done = new Set<string>()
  for (const [index, sent] of profiles.entries()) {
    if (isCancelled && index >= profiles.length - ordered) break
    if (!isCancelled && index < ordered) {
      const code = disturbance.reason ?? 'invalid'
      job.errors.push(importError(sent, index, { code, detail: 'The profile was refused.', field: '' }))
      continue
    }
    const outcome = importOne(context, job, sent)
    if (typeof outcome === 'string') done.add(outcome)
    else job.errors.push(importError(sent, index, outcome))
  }
  job.profileIds = [...done]
}

interface Trouble {
  code: string
  detail: string
  /** The attribute, or nothing for the profile as a whole. */
  field: string
}

/** Returns the id of the profile, or why there is none. */
function importOne({ state, account }: Context, job: ImportJob, sent: UpsertedProfile): string | Trouble {
  const { identifiers, fault } = readIdentifiers(sent.attributes)
  if (fault) return { code: 'invalid', detail: fault.detail, field: fault.name }
  const byId = typeof sent.id === 'string' ? findById(state, account, sent.id) : undefined
  if (typeof sent.id === 'string' && byId === undefined)
    return { code: 'not_found', detail: 'A profile with this id does not exist.', field: '' }
  const known = byId ?? match(state, account, identifiers)
  const { _kx, ...own } = identifiers
  // An exchange id is of Klaviyo's making: one that leads to nobody names nobody.
  if (known === undefined && Object.keys(own).length === 0)
    return { code: 'invalid', detail: 'One of email, phone_number, external_id or id is required.', field: '' }
  if (otherOwner(state, account, identifiers, known))
    return {
      code: 'duplicate_profile',
      detail: 'Another profile already exists with one of these identifiers.',
      field: '',
    }
  const profile = known ?? createProfile(state, account)
  writeProfile(state, profile, sent, true)
  for (const listId of job.listIds) joinList(state, profile, listId)
  return profile.id
}

function importError(sent: UpsertedProfile, index: number, { code, detail, field }: Trouble): ImportError {
  const pointer = `${PROFILES}/${index}${field === '' ? '' : `/attributes/${field}`}`
  const { id, attributes } = sent
  const payload = { ...(typeof id === 'string' ? { id } : {}), ...attributes }
  return { id: randomUUID(), code, title: 'Invalid input', detail, pointer, payload }
}

const JOB_PAGE = { usual: 20, max: 100 }

/** The account's job whose results have not expired. */
function findJob({ state, account, id }: Context): ImportJob {
  const job = state.jobs.get(id)
  if (job === undefined || job.accountId !== account.id || state.clock.now() >= job.expiresAt)
    throw refuse.missing('profile-bulk-import-job', id)
  return job
}

export function readJobs(context: Context): Outcome {
  const { state, account, query } = context
  const now = state.clock.now()
  const conditions = readFilter(query, { status: ['equals', 'any'] })
  const found = [...state.jobs.values()]
    .filter(
      (job) =>
        job.accountId === account.id &&
        now < job.expiresAt &&
        conditions.every(({ values }) => values.includes(stageOf(job, now).status)),
    )
    .reverse()
  const { items, links } = pageOf(context, found, JOB_PAGE)
  return { status: 200, body: { data: items.map((job) => renderJob(context, job, now)), links } }
}

export function readJob(context: Context): Outcome {
  const { state, origin, query } = context
  const job = findJob(context)
  return { status: 200, body: { data: renderJob({ origin, query }, job, state.clock.now()) } }
}

/** What a job has to tell is there once it has ended. */
function whenEnded<T>({ state }: Context, job: ImportJob, results: T[]): T[] {
  return state.clock.now() >= job.doneAt ? results : []
}

export function readJobErrors(context: Context): Outcome {
  const job = findJob(context)
  const { items, links } = pageOf(context, whenEnded(context, job, job.errors), JOB_PAGE)
  return { status: 200, body: { data: items.map((error) => renderImportError(context, error)), links } }
}

/** Profiles that have gone since are not shown. */
export function readJobProfiles(context: Context): Outcome {
  const { state, account } = context
  const job = findJob(context)
  const { items, links } = pageOf(context, whenEnded(context, job, job.profileIds), JOB_PAGE)
  const data = items.flatMap((id) => {
    const profile = findById(state, account, id)
    return profile ? [renderProfile(context, profile)] : []
  })
  return { status: 200, body: { data, links } }
}

export function readJobProfileIds(context: Context): Outcome {
  const job = findJob(context)
  const { items, links } = pageOf(context, whenEnded(context, job, job.profileIds), JOB_PAGE)
  return { status: 200, body: { data: items.map((id) => ({ type: 'profile', id })), links } }
}
