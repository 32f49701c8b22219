import { refuse } from './graph-error.ts'
import { approximateCount, deliveryStatus, operationStatus } from './operation-status.ts'
import type { Account, Audience, MetaState } from './state.ts'

type Read<T> = (object: T) => unknown

const seconds = (ms: number) => Math.floor(ms / 1_000)
const graphTime = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000')
const never = () => undefined

/** Every field of an audience that Meta knows; those that none here ever has are known and left out. */
export const audienceFields = (state: MetaState): Record<string, Read<Audience>> => ({
  id: ({ id }) => id,
  account_id: ({ accountId }) => accountId,
  name: ({ name }) => name,
  description: ({ description }) => description ?? '',
  subtype: subtypeOf,
  customer_file_source: ({ customerFileSource }) => customerFileSource,
  retention_days: ({ retentionDays }) => retentionDays,
  opt_out_link: ({ optOutLink }) => optOutLink,
  is_value_based: ({ isValueBased }) => isValueBased,
  data_source: ({ website, dataSource }) => ({
    ...(website
      ? { type: 'EVENT_BASED', sub_type: 'WEB_PIXEL_HITS' }
      : (dataSource ?? { type: 'UNKNOWN', sub_type: 'ANYTHING' })),
    creation_params: '[]',
  }),
  rule: ({ website }) => website && JSON.stringify(website.rule),
  pixel_id: ({ website }) => website?.rule.inclusions.rules[0]?.event_sources[0]?.id,
  approximate_count_lower_bound: (audience) => approximateCount(state, audience).lower,
  approximate_count_upper_bound: (audience) => approximateCount(state, audience).upper,
  delivery_status: (audience) => deliveryStatus(state, audience),
  operation_status: operationStatus,
  time_created: ({ createdAt }) => seconds(createdAt),
  time_updated: ({ updatedAt }) => seconds(updatedAt),
  time_content_updated: ({ contentAt }) => seconds(contentAt),
  fields_violating_integrity_policy: ({ flagged }) => (flagged ? ['name'] : undefined),
  permission_for_actions: ({ flagged }) => ({ can_edit: !flagged, can_see_insight: 'true', can_share: 'true' }),
  ...Object.fromEntries(
    [
      'data_source_types',
      'datafile_custom_audience_uploading_status',
      'delete_time',
      'excluded_custom_audiences',
      'external_event_source',
      'household_audience',
      'included_custom_audiences',
      'is_eligible_for_sac_campaigns',
      'is_household',
      'is_snapshot',
      'lookalike_audience_ids',
      'lookalike_spec',
      'owner_business',
      'page_deletion_marked_delete_time',
      'regulated_audience_spec',
      'rev_share_policy_id',
      'rule_aggregation',
      'rule_v2',
      'seed_audience',
      'sharing_status',
    ].map((name) => [name, never]),
  ),
})

export const subtypeOf = ({ website }: Pick<Audience, 'website'>) => (website ? 'WEBSITE' : 'CUSTOM')

/** A dataset, which the API still calls a pixel. */
export const pixelFields: Record<string, Read<Account>> = {
  id: ({ pixelId }) => pixelId,
  name: ({ id }) => `Sandbox pixel of ${id}`,
  creation_time: ({ createdAt }) => graphTime(createdAt),
  is_unavailable: () => false,
  owner_ad_account: ({ id }) => ({ id: `act_${id}`, account_id: id }),
  owner_business: ({ businessId }) => ({ id: businessId, name: 'Sandbox business' }),
}

export const accountFields: Record<string, Read<Account>> = {
  id: ({ id }) => `act_${id}`,
  account_id: ({ id }) => id,
  name: ({ id }) => `Sandbox account ${id}`,
  account_status: () => 1,
  currency: () => 'USD',
  timezone_name: () => 'UTC',
  business: ({ businessId }) => ({ id: businessId, name: 'Sandbox business' }),
  created_time: ({ createdAt }) => graphTime(createdAt),
  tos_accepted: ({ termsAccepted }) => (termsAccepted ? { custom_audience_tos: 1 } : {}),
  disable_reason: () => 0,
  capabilities: () => [],
}

/**
 * The wanted fields of an object, `id` always among them. `wanted` is Meta's list such as `id,operation_status{code}`;
 * without one the defaults are given. An unknown field is an error, as at Meta.
 */
export function pick<T>(
  object: T,
  known: Record<string, Read<T>>,
  { wanted, defaults = ['id'], type }: { wanted: string | undefined; defaults?: string[]; type: string },
): Record<string, unknown> {
  const picked: Record<string, unknown> = {}
  const names = wanted === undefined || wanted.trim() === '' ? defaults : splitFields(wanted)
  for (const name of names) {
    const [, field = '', inner] = /^([^{(]*)(?:\([^)]*\))?(?:\{(.*)\})?$/.exec(name) ?? []
    const read = Object.hasOwn(known, field) ? known[field] : undefined
    if (read === undefined)
      throw refuse.parameter(`Tried accessing nonexisting field (${field.slice(0, 80)}) on node type (${type})`)
    const value = read(object)
    if (value !== undefined) picked[field] = inner === undefined ? value : only(value, splitFields(inner))
  }
  const id = known.id
  if (!('id' in picked) && id) picked.id = id(object)
  return picked
}

function only(value: unknown, names: string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)))
}

/** Splits at the commas that stand outside of braces. */
function splitFields(text: string): string[] {
  return text
    .split(/,(?![^{]*\})/)
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
