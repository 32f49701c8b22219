import { refuse } from './api-error.ts'
import type { Context } from './operation.ts'
import type { ImportError, ImportJob, List, Profile } from './state.ts'

export interface Resource {
  type: string
  id: string
  attributes: Record<string, unknown>
  relationships?: Record<string, unknown>
  links?: { self: string }
}

type Place = Pick<Context, 'origin' | 'query'>

export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00')
}

function linked(origin: string, path: string, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      { links: { self: `${origin}${path}/relationships/${name}`, related: `${origin}${path}/${name}` } },
    ]),
  )
}

export function renderList({ origin, query }: Place, list: List): Resource {
  const path = `/api/lists/${list.id}`
  const more = (query.get('additional-fields[list]') ?? '').split(',').includes('profile_count')
  return {
    type: 'list',
    id: list.id,
    attributes: pickFields(query, 'list', {
      name: list.name,
      created: isoTime(list.createdAt),
      updated: isoTime(list.updatedAt),
      opt_in_process: list.optInProcess,
      ...(more ? { profile_count: list.rows.size } : {}),
    }),
    relationships: linked(origin, path, ['profiles', 'tags', 'flow-triggers']),
    links: { self: `${origin}${path}` },
  }
}

/** `joinedAt` stands beside the rest where a list is asked for its profiles. */
export function renderProfile({ origin, query }: Place, profile: Profile, joinedAt?: number): Resource {
  const path = `/api/profiles/${profile.id}`
  const { email, phone_number, external_id } = profile.identifiers
  const described = (name: string) => profile.attributes[name] ?? null
  const more = (query.get('additional-fields[profile]') ?? '').split(',').includes('subscriptions')
  return {
    type: 'profile',
    id: profile.id,
    attributes: pickFields(query, 'profile', {
      email: email ?? null,
      phone_number: phone_number ?? null,
      external_id: external_id ?? null,
      first_name: described('first_name'),
      last_name: described('last_name'),
      organization: described('organization'),
      locale: described('locale'),
      title: described('title'),
      image: described('image'),
      created: isoTime(profile.createdAt),
      updated: isoTime(profile.updatedAt),
      last_event_date: null,
      location: profile.attributes.location ?? {},
      properties: profile.properties,
      ...(joinedAt === undefined ? {} : { joined_group_at: isoTime(joinedAt) }),
      ...(more ? { subscriptions: renderSubscriptions(profile) } : {}),
    }),
    relationships: linked(origin, path, ['lists', 'segments']),
    links: { self: `${origin}${path}` },
  }
}

function renderSubscriptions({ consent, suppressions }: Profile): Record<string, unknown> {
  const kind = (name: string) => {
    const given = consent[name] ?? 'NEVER_SUBSCRIBED'
    return { can_receive: given === 'SUBSCRIBED', consent: given }
  }
  const suppressed = Object.entries(suppressions).map(([reason, at]) => ({ reason, timestamp: isoTime(at) }))
  return {
    email: {
      marketing: {
        ...kind('email.marketing'),
        can_receive_email_marketing: kind('email.marketing').can_receive && suppressed.length === 0,
        suppression: suppressed,
        list_suppressions: [],
      },
    },
    sms: {
      marketing: { ...kind('sms.marketing'), can_receive_sms_marketing: kind('sms.marketing').can_receive },
      transactional: {
        ...kind('sms.transactional'),
        can_receive_sms_transactional: kind('sms.transactional').can_receive,
      },
    },
    whatsapp: { marketing: kind('whatsapp.marketing'), transactional: kind('whatsapp.transactional') },
  }
}

export function renderJob({ origin, query }: Place, job: ImportJob, now: number): Resource {
  const path = `/api/profile-bulk-import-jobs/${job.id}`
  const { status, part } = stageOf(job, now)
  const isDone = status === 'complete' || status === 'cancelled'
  const completed = isDone ? job.total - job.cancelledCount : Math.floor(part * job.total)
  return {
    type: 'profile-bulk-import-job',
    id: job.id,
    attributes: pickFields(query, 'profile-bulk-import-job', {
      status,
      created_at: isoTime(job.createdAt),
      total_count: job.total,
      completed_count: completed,
      failed_count: isDone ? job.errors.length : 0,
      completed_at: isDone ? isoTime(job.doneAt) : null,
      expires_at: isoTime(job.expiresAt),
      started_at: status === 'queued' ? null : isoTime(job.createdAt + (job.doneAt - job.createdAt) * QUEUED_PART),
    }),
    relationships: {
      lists: {
        data: job.listIds.map((id) => ({ type: 'list', id })),
        links: { self: `${origin}${path}/relationships/lists`, related: `${origin}${path}/lists` },
      },
      ...linked(origin, path, ['profiles', 'import-errors']),
    },
    links: { self: `${origin}${path}` },
  }
}

/** The share of a job's time in which it waits in the queue. */
const QUEUED_PART = 0.25

export function stageOf(
  job: ImportJob,
  now: number,
): { status: 'queued' | 'processing' | 'complete' | 'cancelled'; part: number } {
  if (now >= job.doneAt) return { status: job.cancelledCount > 0 ? 'cancelled' : 'complete', part: 1 }
  const part = (now - job.createdAt) / (job.doneAt - job.createdAt)
  return part < QUEUED_PART
    ? { status: 'queued', part: 0 }
    : { status: 'processing', part: (part - QUEUED_PART) / (1 - QUEUED_PART) }
}

export function renderImportError({ query }: Place, error: ImportError): Resource {
  return {
    type: 'import-error',
    id: error.id,
    attributes: pickFields(query, 'import-error', {
      code: error.code,
      title: error.title,
      detail: error.detail,
      source: { pointer: error.pointer },
      original_payload: error.payload,
    }),
  }
}

/** Only the fields of `fields[type]`, when it is given. */
function pickFields(
  query: URLSearchParams,
  type: string,
  attributes: Record<string, unknown>,
): Record<string, unknown> {
  const parameter = `fields[${type}]`
  const wanted = query.get(parameter)?.split(',')
  if (wanted === undefined) return attributes
  const roots = wanted.map((name) => name.trim().split('.')[0] ?? '').filter((name) => name !== 'id')
  const unknown = roots.find((name) => !Object.hasOwn(attributes, name) && !optionalFields.has(name))
  if (unknown !== undefined)
    throw refuse.parameter(`'${unknown.slice(0, 60)}' is not a valid field for the resource '${type}'.`, parameter)
  return Object.fromEntries(
    roots.filter((name) => Object.hasOwn(attributes, name)).map((name) => [name, attributes[name]]),
  )
}

/** Fields that are known and only sometimes there. */
const optionalFields = new Set(['profile_count', 'joined_group_at', 'subscriptions', 'predictive_analytics'])
