import { refuse } from './api-error.ts'

/** Revisions that are in force, newest first. */
const served = ['2026-07-15', '2026-04-15', '2026-01-15', '2025-10-15', '2025-07-15']

/** Throws unless the header names a revision in force: a later part such as `.pre` is passed over. */
export function checkRevision(header: string | string[] | undefined): void {
  const given = Array.isArray(header) ? header[0] : header
  if (given === undefined || given === '') throw refuse.parameter('The revision header is required.', 'revision')
  const date = /^(\d{4}-\d{2}-\d{2})(\.[a-z0-9]+)?$/.exec(given)?.[1]
  if (date === undefined) throw refuse.parameter('The revision header must be a date, YYYY-MM-DD.', 'revision')
  const oldest = served.at(-1) ?? ''
  if (date < oldest) throw refuse.revisionGone(date)
  if (!served.includes(date)) throw refuse.parameter(`There is no revision ${date}.`, 'revision')
}
