import type { Runner } from '../connect.ts'

/** Claims the one warning a day that the API version of a destination ends. False where it was told today already. */
export async function claimSunsetWarning(run: Runner, destinationId: string): Promise<boolean> {
  const rows = await run`
    update destination set sunset_told_at = now()
    where id = ${destinationId} and (sunset_told_at is null or sunset_told_at <= now() - interval '1 day') returning id`
  return rows.length > 0
}

/** Syncs of active audiences that send to a destination. */
export function sendingSyncs(run: Runner, destinationId: string): Promise<{ id: string; audienceId: string }[]> {
  return run<{ id: string; audienceId: string }[]>`
    select s.id, s.audience_id as "audienceId" from sync s join audience a on a.id = s.audience_id
    where s.destination_id = ${destinationId} and s.deleted_at is null and (s.enabled or s.intent = 'empty')
      and a.status in ('active', 'archiving') order by s.no`
}

/** Every destination, for warnings. */
export function destinationsToWarn(
  run: Runner,
): Promise<{ id: string; name: string; platform: string; settings: Record<string, unknown> }[]> {
  return run<{ id: string; name: string; platform: string; settings: Record<string, unknown> }[]>`
    select id, name, platform, settings from destination order by created_at`
}
