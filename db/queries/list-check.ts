import type { Runner } from '../connect.ts'
import type { Problem } from '../schema/columns.ts'

/** Problems of a sync that only its list can end: a run that finds nothing to send says nothing about the list. */
export const listProblems = ['list_gone', 'list_unusable', 'list_unreadable'] as const

/** A sync whose list is to be looked for at the platform now. */
export type DueList = { readonly syncId: string; readonly destinationId: string; readonly name: string }

/** Lists of syncs that are on and not being emptied, not looked for since a day or so; the longest due first. */
export function dueLists(run: Runner, most: number): Promise<DueList[]> {
  return run<DueList[]>`
    select s.id as "syncId", t.id as "destinationId", t.name || coalesce(' · ' || s.list_name, '') as name
    from sync s join audience a on a.id = s.audience_id and a.status = 'active'
      join destination t on t.id = s.destination_id and t.status = 'connected'
    where s.deleted_at is null and s.enabled and s.intent = 'match' and s.mode = 'list' and s.list_id is not null
      and coalesce(s.list_check_at, s.created_at + interval '1 day') <= now()
    order by coalesce(s.list_check_at, s.created_at + interval '1 day') limit ${most}`
}

type ListOf = { readonly id: string; readonly listId: string | null }

/** What a list's sync knew of it before; `ended`: a problem of the list is over. */
export type Before = { readonly listName: string | null; readonly problem: string | null; readonly ended: boolean }

/** What is wrong with a list. `seen`: it is there, but cannot be used; `deleted`: the platform says so. */
export type ListProblem = { readonly problem: Problem; readonly deleted: boolean; readonly seen: boolean }

/** The list was seen and is well: a problem that was the list's own is over, and its name is the platform's. */
export function noteListWell(run: Runner, { id, listId }: ListOf, name: string): Promise<Before | undefined> {
  return first(run<Before[]>`
    with known as (select id, list_name, problem ->> 'code' as code from sync where id = ${id} and list_id = ${listId} for update)
    update sync s set list_name = ${name}, list_deleted_at = null, list_checked_at = now(),
      list_check_at = now() + interval '1 day',
      problem = case when k.code = any(${[...listProblems]}::text[]) then null else s.problem end
    from known k where s.id = k.id returning k.list_name as "listName", k.code as problem,
      coalesce(k.code = any(${[...listProblems]}::text[]), false) as ended`)
}

/** The list is not as it should be. It is looked for again in an hour. */
export function noteListProblem(
  run: Runner,
  { id, listId }: ListOf,
  { problem, deleted, seen }: ListProblem,
): Promise<Before | undefined> {
  return first(run<Before[]>`
    with known as (select id, list_name, problem ->> 'code' as code from sync where id = ${id} and list_id = ${listId} for update)
    update sync s set problem = ${run.json(problem)}, list_check_at = now() + interval '1 hour',
      list_checked_at = case when ${seen}::bool then now() else list_checked_at end,
      list_deleted_at = case when ${deleted}::bool then coalesce(list_deleted_at, now()) end
    from known k where s.id = k.id returning k.list_name as "listName", k.code as problem, false as ended`)
}

const first = async (rows: PromiseLike<readonly Before[]>) => (await rows)[0]

/** The list could not be asked about, or cannot be made now; it is asked about again after so long. */
export async function askLater(run: Runner, { id, listId }: ListOf, afterMs: number): Promise<void> {
  await run`update sync set list_check_at = now() + ${afterMs} * interval '1 ms' where id = ${id} and list_id = ${listId}`
}

/** A delivery did not find its list: it is looked for at once. `deleted`: the platform said that it was deleted. */
export async function missList(run: Runner, { id, listId }: ListOf, deleted: boolean): Promise<void> {
  await run`
    update sync set list_check_at = now(),
      list_deleted_at = case when ${deleted}::bool then coalesce(list_deleted_at, now()) else list_deleted_at end
    where id = ${id} and list_id = ${listId}`
}
