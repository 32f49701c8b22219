import { z } from 'zod'
import type { Answer } from '../platform.ts'
import { matched, statusOf } from './lists.ts'
import type { Context } from './operation.ts'
import { audienceOf, listOf, page, read } from './operation.ts'
import type { Audience, PinterestState } from './state.ts'

const creation = z.strictObject({
  ad_account_id: z.string().optional(),
  name: z.string().trim().min(1),
  description: z.string().optional(),
  audience_type: z.literal('CUSTOMER_LIST'),
  rule: z.strictObject({ customer_list_id: z.string() }),
})

export function createAudience(context: Context): Answer {
  const { state, account, body } = context
  const wanted = read(creation, body)
  const list = listOf(context, wanted.rule.customer_list_id)
  const audience: Audience = {
    id: state.newId(),
    accountId: account.id,
    name: wanted.name,
    description: wanted.description,
    customerListId: list.id,
    createdAt: state.clock.now(),
  }
  state.audiences.set(audience.id, audience)
  return { status: 200, body: describeAudience(state, audience) }
}

export function readAudience(context: Context): Answer {
  return { status: 200, body: describeAudience(context.state, audienceOf(context)) }
}

export function readAudiences({ state, account, query }: Context): Answer {
  const own = [...state.audiences.values()].filter(({ accountId }) => accountId === account.id).reverse()
  const { items, bookmark } = page(own, query)
  return { status: 200, body: { items: items.map((audience) => describeAudience(state, audience)), bookmark } }
}

/** An audience is as ready as its list. */
function describeAudience(state: PinterestState, audience: Audience): Record<string, unknown> {
  const list = state.lists.get(audience.customerListId)
  const status = list === undefined || list.deleted ? 'TOO_SMALL' : statusOf(state, list)
  return {
    ad_account_id: audience.accountId,
    id: audience.id,
    type: 'audience',
    name: audience.name,
    description: audience.description ?? null,
    audience_type: 'CUSTOMER_LIST',
    rule: { customer_list_id: audience.customerListId },
    size: list !== undefined && status === 'READY' ? matched(state, list) : null,
    status: status === 'READY' || status === 'TOO_SMALL' ? status : 'INITIALIZING',
    created_timestamp: Math.floor(audience.createdAt / 1_000),
    updated_timestamp: Math.floor(audience.createdAt / 1_000),
  }
}

export function readAccount({ account }: Context): Answer {
  return {
    status: 200,
    body: {
      id: account.id,
      name: `Sandbox account ${account.id}`,
      country: 'US',
      currency: 'USD',
      permissions: ['OWNER'],
      created_time: Math.floor(account.createdAt / 1_000),
    },
  }
}
