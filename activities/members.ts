import type { SnapshotPlan } from '../db/queries/refresh.ts'
import { staticMembers } from '../db/queries/static-members.ts'
import { SourceFailure } from '../sources/define.ts'
import { openPostgres } from '../sources/postgres/index.ts'
import type { Context } from './context.ts'
import { encodeRow } from './stage-rows.ts'

/** Members as lines of COPY text: the member id, then the fields in their order. */
export type Members = { readonly rows: AsyncIterable<Buffer>; readonly end: () => Promise<void> }

/** Opens the members of an audience, from its source or from what was pushed. */
export function openMembers(
  context: Context,
  audience: SnapshotPlan['audience'],
  fields: readonly string[],
  signal: AbortSignal,
): Members {
  const columns = [audience.memberId, ...fields]
  if (audience.kind === 'static') return { rows: pushed(context, audience, columns), end: async () => {} }
  if (!audience.credentials) {
    throw new SourceFailure({
      code: 'source_gone',
      what: 'The source of this audience was deleted.',
      whose: 'you',
      next: 'Connect a source again and set it on the audience.',
    })
  }
  const { url }: { url: string } = JSON.parse(context.seal.open(audience.credentials))
  const source = openPostgres(url, { signal, statementTimeoutMs: context.sourceTimeoutMs })
  const selection = audience.query ? { query: audience.query } : { table: audience.tableName ?? '' }
  return { rows: source.copyOut(selection, columns, { signal }), end: source.end }
}

async function* pushed(
  context: Context,
  audience: SnapshotPlan['audience'],
  columns: readonly string[],
): AsyncIterable<Buffer> {
  for await (const rows of staticMembers(context.db.sql, audience.id)) {
    const lines = rows.map((row) => {
      const values: Record<string, string | null> = JSON.parse(context.seal.open(row))
      return encodeRow(columns.map((column) => values[column] ?? null))
    })
    yield Buffer.concat(lines.flatMap((line) => [line, newline]))
  }
}

const newline = Buffer.from('\n')
