import { z } from 'zod'
import { findSource, type SourceRow } from '../db/queries/source.ts'
import type { Source } from '../sources/define.ts'
import type { Deps } from './deps.ts'
import { conflict, notFound, unusable } from './problem.ts'

const address = z.object({ url: z.string() })

/** Where a source is, as it was given: with its password. It goes nowhere but into a connection. */
export const openAddress = ({ seal }: Pick<Deps, 'seal'>, row: Pick<SourceRow, 'credentials'>): URL =>
  new URL(address.parse(JSON.parse(seal.open(row.credentials))).url)

/** Does something with a source and closes it, whatever happens. */
export async function withSource<T>(
  { openSource }: Pick<Deps, 'openSource'>,
  url: string,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const source = openSource(url)
  try {
    return await work(source)
  } finally {
    await source.end()
  }
}

/** Does something with a stored source. @throws ApiProblem 404 when it is not there */
export async function withStoredSource<T>(
  deps: Deps,
  id: string | null,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  if (id === null)
    throw conflict('no_source', 'The source of this audience was deleted.', 'Give the audience another source.')
  const row = await findSource(deps.db.orm, id)
  if (!row) throw notFound('source')
  return withSource(deps, openAddress(deps, row).href, work)
}

/** Refuses an address that a source says is no good, with the source's own first reason. */
export async function refuseUnlessReachable(deps: Pick<Deps, 'openSource'>, url: string): Promise<void> {
  const { ok, problems } = await withSource(deps, url, (source) => source.check())
  const [first] = problems
  if (ok || !first) return
  throw unusable(`source_${first.code}`, first.what, first.next, [{ path: 'credentials.url', message: first.what }])
}
