import { z } from 'zod'
import { ask } from './calls.ts'
import type { PinterestConnection } from './connection.ts'
import { id } from './list-facts.ts'
import { firstOfAll } from './pages.ts'

/** An audience as Pinterest tells of it: what can be used in ads. */
const audience = z.object({
  id,
  name: z.string().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
  size: z.coerce.number().optional().catch(undefined),
  rule: z
    .object({ customer_list_id: id.optional().catch(undefined) })
    .optional()
    .catch(undefined),
})

export type Audience = z.output<typeof audience>

/** The audience that is made of a list; null where there is none. */
export async function audienceOf(connection: PinterestConnection, listId: string): Promise<Audience | null> {
  const audiences = { path: '/audiences', item: audience } as const
  const [found] = await firstOfAll(connection, audiences, 1, ({ rule }) => rule?.customer_list_id === listId)
  return found ?? null
}

/** Makes an audience of a list, without which the list cannot be used in ads. */
export const makeAudience = (
  connection: PinterestConnection,
  { name, listId }: { name: string; listId: string },
): Promise<Audience> =>
  ask(connection, {
    method: 'POST',
    path: '/audiences',
    body: { name, audience_type: 'CUSTOMER_LIST', rule: { customer_list_id: listId } },
    subject: 'audience',
    reply: audience,
  })
