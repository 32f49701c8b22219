import { z } from 'zod'
import type { List } from '../define.ts'

const text = z.string().optional().catch(undefined)
const number = z.coerce.number().optional().catch(undefined)
const yes = z.boolean().optional().catch(undefined)

/** An audience as TikTok tells of it; what is missing or odd is left out rather than refused. */
export const audience = z.object({
  audience_id: z.coerce.string().optional().catch(undefined),
  custom_audience_id: z.coerce.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  custom_audience_name: text,
  audience_type: text,
  cover_num: number,
  is_valid: yes,
  is_expiring: yes,
  shared: yes,
  create_time: text,
  expired_time: text,
})

export type Audience = z.output<typeof audience>

/** The audience in plain words. Whether its members can be changed now shows only when they are. */
export const listOf = (told: Audience): List & { readonly valid: boolean | undefined } => ({
  id: told.audience_id ?? told.custom_audience_id ?? '',
  name: told.name ?? told.custom_audience_name ?? '(without a name)',
  usable: true,
  valid: told.is_valid,
  facts: {
    Size: told.cover_num ?? null,
    State:
      told.is_valid === undefined
        ? null
        : told.is_valid
          ? 'ready'
          : 'not usable in ads yet: empty, too small or being processed',
    Type: told.audience_type ?? null,
    Shared: told.shared === undefined ? null : told.shared ? 'yes' : 'no',
    Made: told.create_time ?? null,
    Expires: told.expired_time ? `${told.expired_time}${told.is_expiring ? ' (soon)' : ''}` : null,
  },
})
