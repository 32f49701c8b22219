import { z } from 'zod'
import type { AudienceRow } from '../db/queries/audience.ts'
import { sampleList } from '../db/queries/list-members.ts'
import type { Column } from '../sources/define.ts'
import { selectionOf } from './audience-shape.ts'
import type { Deps } from './deps.ts'
import { withStoredSource } from './source.ts'

/** Some members of an audience, raw: they are counted and masked here and go no further. */
export type Sample = {
  readonly columns: readonly Column[]
  /** Values in the order of `columns`. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** How many members there are in all; null when it was not asked for. */
  readonly size: number | null
}

/** At most so many rows are looked at. */
export const sampleRows = 1_000

/** Reads a bounded sample of what an audience's source offers, or of what was pushed. */
export async function sampleMembers(deps: Deps, audience: AudienceRow, { count }: { count: boolean }): Promise<Sample> {
  if (audience.kind === 'static') return samplePushed(deps, audience)
  const selection = selectionOf(audience)
  return withStoredSource(deps, audience.sourceId, async (source) => {
    const columns = await source.columns(selection)
    const names = columns.map((column) => column.name)
    return {
      columns,
      rows: await source.sample(selection, names, sampleRows),
      size: count ? await source.count(selection) : null,
    }
  })
}

/** The names of the columns, without reading anybody. Undefined while nothing was pushed yet. */
export async function offeredFields(deps: Deps, audience: AudienceRow): Promise<string[] | undefined> {
  if (audience.kind === 'static' && audience.loadNo === 0) return undefined
  const columns =
    audience.kind === 'static'
      ? (await samplePushed(deps, audience)).columns
      : await withStoredSource(deps, audience.sourceId, (source) => source.columns(selectionOf(audience)))
  return columns.map((column) => column.name)
}

const row = z.record(z.string(), z.string().nullable())

async function samplePushed({ db, seal }: Deps, audience: AudienceRow): Promise<Sample> {
  const sealed = await sampleList(db.sql, audience.id, sampleRows)
  const rows = sealed.map((each) => row.parse(JSON.parse(seal.open(each))))
  const names = [...new Set(rows.flatMap((each) => Object.keys(each)))]
  return {
    columns: names.map((name) => ({ name, type: 'text' })),
    rows: rows.map((each) => names.map((name) => each[name] ?? null)),
    size: audience.size ?? 0,
  }
}
