import { z } from 'zod'
import type { Verdict } from '../define.ts'
import { failureOf } from '../meaning.ts'
import { attempt } from './calls.ts'
import type { TikTokConnection } from './connection.ts'

/** Tries what a sync will need: the token and the permission to see the advertiser's audiences. */
export async function check(connection: TikTokConnection): Promise<Verdict> {
  const { advertiserId } = connection.settings
  const result = await attempt(connection, {
    method: 'GET',
    path: '/dmp/custom_audience/list/',
    query: { advertiser_id: advertiserId, page: '1', page_size: '1' },
    reply: z.unknown(),
  })
  if (!('fault' in result)) return { ok: true, account: advertiserId, problems: [] }
  const { meaning, named } = result.fault
  if (meaning.kind === 'retry' || meaning.kind === 'throttled') throw failureOf('TikTok', meaning, { code: named })
  const { what, whose, next } = meaning
  return { ok: false, problems: [{ what, whose, next, code: named }] }
}
