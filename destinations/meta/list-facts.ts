import { z } from 'zod'
import type { List } from '../define.ts'

const number = z.coerce.number().optional().catch(undefined)
const text = z.string().optional().catch(undefined)
const status = z.object({ code: z.coerce.number(), description: text }).optional().catch(undefined)

/** A custom audience as Meta tells of it; what is missing or odd is left out rather than refused. */
export const customAudience = z.object({
  id: z.coerce.string(),
  name: z.string().catch('(without a name)'),
  subtype: text,
  description: text,
  approximate_count_lower_bound: number,
  approximate_count_upper_bound: number,
  delivery_status: status,
  operation_status: status,
  customer_file_source: text,
  retention_days: number,
  time_updated: number,
  time_content_updated: number,
  fields_violating_integrity_policy: z.array(z.string()).optional().catch(undefined),
})

export type CustomAudience = z.output<typeof customAudience>

/** What to ask Meta for. */
export const AUDIENCE_FIELDS = Object.keys(customAudience.shape).join(',')

const DELIVERY: Readonly<Record<number, string>> = { 200: 'ready', 300: 'too small or inactive' }

const OPERATION: Readonly<Record<number, string>> = {
  0: 'nothing to report',
  100: 'expiring: unused for two years, Meta deletes it 90 days later',
  200: 'normal',
  400: 'warning',
  410: 'nothing uploaded yet',
  411: 'few of the uploaded people were found',
  412: 'many invalid entries',
  414: 'a replacement is in progress',
  415: 'a replacement failed',
  421: 'a fault of its pixel',
  422: 'a fault of its pixel',
  423: 'a fault of its pixel',
  431: 'a fault of the lookalike',
  432: 'a fault of the lookalike',
  433: 'a fault of the lookalike',
  434: 'a fault of the lookalike',
  441: 'being filled',
  442: 'the first filling failed',
  450: 'out of date',
  470: 'its owner is inactive',
  471: 'flagged: changes of members are refused',
  500: 'error',
}

const FILE_SOURCE: Readonly<Record<string, string>> = {
  USER_PROVIDED_ONLY: 'from the customers themselves',
  PARTNER_PROVIDED_ONLY: 'from partners',
  BOTH_USER_AND_PARTNER_PROVIDED: 'from the customers and from partners',
}

/** The list in plain words: facts for people, and whether its members can be changed now. */
export function listOf(audience: CustomAudience): List {
  const problem = problemOf(audience)
  return {
    id: audience.id,
    name: audience.name,
    usable: problem === undefined,
    ...(problem !== undefined && { problem }),
    facts: factsOf(audience),
  }
}

function problemOf(audience: CustomAudience): string | undefined {
  const operation = audience.operation_status?.code
  const delivery = audience.delivery_status?.code
  if (audience.subtype !== undefined && audience.subtype !== 'CUSTOM') {
    return `This is not a customer list (Meta calls it ${audience.subtype}), so people cannot be added to it. Choose a customer list, or let a new one be made.`
  }
  if (operation === 471) {
    const what = audience.fields_violating_integrity_policy?.join(', ')
    return `Meta has flagged this list${what ? ` for its ${what}` : ''} and refuses changes of members. Open it in the Audience Manager and follow what Meta asks for, or choose another list.`
  }
  if (operation === 414) {
    return 'A replacement of this list is in progress at Meta. Wait until it has ended (90 minutes at most).'
  }
  if (operation === 500) {
    return 'Meta reports an error of this list. Open it in the Audience Manager, or choose another list.'
  }
  if (delivery !== undefined && delivery >= 400) {
    return `Meta reports that this list cannot be used (${delivery}${describe(audience.delivery_status?.description)}). Open it in the Audience Manager, or choose another list.`
  }
  return undefined
}

function factsOf(audience: CustomAudience): List['facts'] {
  return {
    Size: sizeOf(audience),
    Delivery: statusText(DELIVERY, audience.delivery_status, 'cannot be used'),
    State: statusText(OPERATION, audience.operation_status, 'not known here'),
    Type: audience.subtype === 'CUSTOM' ? 'customer list' : (audience.subtype ?? null),
    'Customer data': audience.customer_file_source
      ? (FILE_SOURCE[audience.customer_file_source] ?? audience.customer_file_source)
      : null,
    // Meta leaves the field out, or says 0, where members stay for ever.
    'Members stay': audience.retention_days ? `${audience.retention_days} days` : 'until removed',
    'Members changed': dateOf(audience.time_content_updated),
    'List changed': dateOf(audience.time_updated),
    ...(audience.fields_violating_integrity_policy?.length && {
      'Against policy': audience.fields_violating_integrity_policy.join(', '),
    }),
  }
}

/** Meta rounds its counts, and says -1 where it does not tell. */
function sizeOf({ approximate_count_lower_bound: low, approximate_count_upper_bound: high }: CustomAudience) {
  if (low === undefined && high === undefined) return null
  if ((low ?? -1) < 0 && (high ?? -1) < 0) return 'not told by Meta (too small, or not counted yet)'
  if (low === undefined || low < 0) return `up to ${people(high)}, rounded by Meta`
  if (high === undefined || high < 0) return `${people(low)} or more, rounded by Meta`
  return low === high ? `about ${people(low)}, rounded by Meta` : `${people(low)} to ${people(high)}, rounded by Meta`
}

const people = (count: number | undefined) => (count ?? 0).toLocaleString('en-US')

function statusText(
  words: Readonly<Record<number, string>>,
  told: CustomAudience['operation_status'],
  otherwise: string,
) {
  return told ? `${words[told.code] ?? otherwise} (${told.code})` : null
}

const describe = (description: string | undefined) => (description ? `: ${description}` : '')

function dateOf(seconds: number | undefined): string | null {
  if (!seconds) return null
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
