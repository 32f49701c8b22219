import { SourceFailure } from '../define.ts'

type Row = { code: string; what: string; whose?: string; next: string; passes?: boolean }

const query = 'Mend the query (or choose another table), then save it again.'
const reach = 'Check host, port and firewall of the source; the next refresh tries again.'

/** What PostgreSQL's codes mean for somebody who reads people from it. Its own messages quote values, so they end here. */
const bySqlstate: Record<string, Row> = {
  '42601': { code: 'query_wrong', what: 'The query is not valid SQL, or is more than one statement.', next: query },
  '42703': {
    code: 'column_missing',
    what: 'A column that is needed is not there: the member id or a mapped field.',
    next: query,
  },
  '42P01': { code: 'table_missing', what: 'A table that the query reads does not exist.', next: query },
  '42883': {
    code: 'function_missing',
    what: 'The query calls a function that does not exist for these types.',
    next: query,
  },
  '42702': {
    code: 'column_ambiguous',
    what: 'A column name stands for two columns of the query.',
    next: 'Name each column of the query once.',
  },
  '25006': {
    code: 'query_writes',
    what: 'The query writes, and a source is only read.',
    next: 'Use a SELECT that changes nothing.',
  },
  '57014': {
    code: 'query_too_slow',
    what: 'The query ran longer than it may, or was ended at the source.',
    next: 'Make it faster, for example by a materialised view.',
  },
  '42501': {
    code: 'permission_missing',
    what: 'The user of this source may not read what the query reads.',
    whose: 'an administrator of the source',
    next: 'Grant SELECT to that user.',
  },
  '28P01': {
    code: 'password_wrong',
    what: 'The source refused user or password.',
    next: 'Set the connection string of the source again.',
  },
  '28000': {
    code: 'access_refused',
    what: 'The source refuses this user or this way to connect.',
    next: 'Set the connection string of the source again.',
  },
  '3D000': {
    code: 'database_missing',
    what: 'The database of this source does not exist.',
    next: 'Set the connection string of the source again.',
  },
  '53300': { code: 'too_many_connections', what: 'The source has no connection to spare.', next: reach, passes: true },
  '57P01': {
    code: 'source_went_away',
    what: 'The source ended the connection in the middle.',
    next: reach,
    passes: true,
  },
  '57P03': { code: 'source_starting', what: 'The source is starting or shutting down.', next: reach, passes: true },
  '55P03': { code: 'table_locked', what: 'A table of the query is locked for long.', next: reach, passes: true },
  '40001': {
    code: 'snapshot_lost',
    what: 'The source could not keep one moment of its data for so long.',
    next: reach,
    passes: true,
  },
}

/** Classes of codes, where the code itself is not in the table. */
const byClass: Record<string, Row> = {
  '22': {
    code: 'value_wrong',
    what: 'The query fails on a value: a cast or a calculation that does not fit.',
    next: query,
  },
  '42': { code: 'query_wrong', what: 'The query cannot be run as it is.', next: query },
  '08': { code: 'source_unreachable', what: 'The connection to the source broke.', next: reach, passes: true },
  '53': {
    code: 'source_exhausted',
    what: 'The source is short of memory, disk or connections.',
    next: reach,
    passes: true,
  },
  '57': { code: 'source_went_away', what: 'The source ended the connection in the middle.', next: reach, passes: true },
  '58': { code: 'source_broken', what: 'The source has a fault of its own.', next: reach, passes: true },
}

const byNetworkCode: Record<string, Row> = {
  ECONNREFUSED: {
    code: 'source_unreachable',
    what: 'Nothing answers at the address of the source.',
    next: reach,
    passes: true,
  },
  ENOTFOUND: {
    code: 'host_unknown',
    what: 'The host of the source is not known.',
    next: 'Set the connection string of the source again.',
  },
  ETIMEDOUT: { code: 'source_unreachable', what: 'The source does not answer in time.', next: reach, passes: true },
  CONNECT_TIMEOUT: {
    code: 'source_unreachable',
    what: 'The source does not answer in time.',
    next: reach,
    passes: true,
  },
}

const broken: Row = { code: 'source_went_away', what: 'The connection to the source broke.', next: reach, passes: true }

/** Any error of the driver as the one failure of sources. */
export function sourceFailure(error: unknown): SourceFailure {
  if (error instanceof SourceFailure) return error
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const isState = /^[0-9A-Z]{5}$/.test(code)
  const row = bySqlstate[code] ?? (isState ? byClass[code.slice(0, 2)] : undefined) ?? byNetworkCode[code] ?? broken
  return new SourceFailure({
    whose: row.passes ? 'nobody: it is retried' : 'you',
    ...row,
    ...(isState ? { sqlstate: code } : {}),
  })
}
