import { type Problem, SourceFailure } from '../define.ts'

type Sentence = Omit<Problem, 'code'> & { readonly code: string; readonly passes?: boolean }

const you = 'you'
const database = 'whoever keeps the source database'
const nobody = 'nobody: it is tried again'

const problem = (code: string, what: string, whose: string, next: string): Sentence => ({ code, what, whose, next })
const passing = (code: string, what: string, next: string): Sentence => ({
  ...problem(code, what, nobody, next),
  passes: true,
})

const unreachable = 'Check host and port, that the database is running, and that its firewall lets this machine in.'
const certificate = 'Use sslmode=require to encrypt without checking who answers, or have the certificate put right.'
const gone = passing(
  'connection_lost',
  'The source database ended the connection.',
  'If it goes on, look into the log of the source database.',
)
const busy = passing(
  'too_many_connections',
  'The source database takes no more connections at the moment.',
  'If it goes on, raise its limit, or give this user connections of its own.',
)
const untrusted = problem(
  'certificate_untrusted',
  'The source database shows a certificate that is not trusted.',
  database,
  certificate,
)
const passwordWrong = problem(
  'password_wrong',
  'The source database refused user and password.',
  you,
  'Correct them in the address; special characters in a password must be percent-encoded.',
)
const cannotBeRead = 'The query cannot be run'

/** Codes of the network, of TLS and of the driver. */
const byCode: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: passing('connection_refused', 'Nothing answers at the address of the source database.', unreachable),
  ENOTFOUND: problem('host_not_found', 'The host of the source database does not exist.', you, 'Correct the host.'),
  EAI_AGAIN: passing(
    'host_not_found',
    'The name of the source database cannot be looked up at the moment.',
    'Check the host, and the name server of this machine.',
  ),
  ETIMEDOUT: passing('connection_timeout', 'The source database does not answer in time.', unreachable),
  CONNECT_TIMEOUT: passing('connection_timeout', 'The source database does not answer in time.', unreachable),
  EHOSTUNREACH: passing('host_unreachable', 'There is no way to the host of the source database.', unreachable),
  ENETUNREACH: passing('host_unreachable', 'There is no way to the host of the source database.', unreachable),
  ECONNRESET: gone,
  EPIPE: gone,
  CONNECTION_CLOSED: gone,
  CONNECTION_ENDED: gone,
  CONNECTION_DESTROYED: gone,
  DIAL_ABORTED: passing('stopped', 'Reading the source was stopped.', 'Nothing.'),
  TLS_REFUSED: problem(
    'tls_refused',
    'The source database does not offer TLS, which its address asks for.',
    database,
    'Switch TLS on at the database, or use sslmode=disable where the network is trusted.',
  ),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: problem(
    'certificate_expired',
    'The certificate of the source database has expired.',
    database,
    certificate,
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: problem(
    'certificate_of_another',
    'The certificate of the source database was made out to another host.',
    database,
    certificate,
  ),
  SASL_SIGNATURE_MISMATCH: passwordWrong,
}

/** PostgreSQL's five characters, then its classes of two. */
const bySqlstate: Readonly<Record<string, Sentence>> = {
  '42601': problem('syntax_error', 'The query has a syntax error', you, 'Correct the query. It must be one SELECT.'),
  '42703': problem('column_unknown', 'The query names a column that does not exist', you, 'Correct its name.'),
  '42P01': problem(
    'table_unknown',
    'A table or view does not exist',
    you,
    'Correct its name, with the schema in front where it is not in the search path.',
  ),
  '42883': problem(
    'function_unknown',
    'The query calls a function or operator that does not exist for these types',
    you,
    'Correct its name, or cast the arguments.',
  ),
  '42702': problem(
    'column_ambiguous',
    'A column of the query could be of several tables',
    you,
    'Put the table in front.',
  ),
  '42701': problem('columns_duplicate', 'Two columns of the query have the same name', you, 'Rename one by "as".'),
  '42P02': problem('parameters', 'The query has parameters such as $1', you, 'Write the values into the query.'),
  '42P18': problem('parameters', 'The query has parameters or values without a type', you, 'Cast them to a type.'),
  '42501': problem(
    'permission_missing',
    'The user of the source may not read this',
    database,
    'Grant SELECT on the tables, and USAGE on their schema, to the user of the source.',
  ),
  '25006': problem('query_writes', 'The query writes. Sources are only read', you, 'Use a query that only reads.'),
  '0A000': problem(
    'not_supported',
    'The query does something that cannot be done in a subquery, such as writing in a WITH',
    you,
    'Use one SELECT that only reads.',
  ),
  '57014': problem(
    'statement_timeout',
    'The query took too long and was ended',
    you,
    'Make it faster (an index, fewer rows), or read from a table or materialized view that is filled beforehand.',
  ),
  '55P03': passing(
    'locked',
    'A table of the query is locked by somebody else',
    'If it goes on, find out who locks it.',
  ),
  '28P01': passwordWrong,
  '28000': problem(
    'access_refused',
    'The source database does not let this user in from here',
    database,
    'Allow the user in pg_hba.conf (or at the hosting service), and see whether TLS is asked for: sslmode=require.',
  ),
  '3D000': problem('database_unknown', 'The source has no database of this name', you, 'Correct it in the address.'),
  '3F000': problem('schema_unknown', 'A schema does not exist', you, 'Correct its name.'),
  '53300': busy,
  '57P01': gone,
  '57P02': gone,
  '57P03': passing('starting', 'The source database is starting or stopping', 'Wait until it is up.'),
  '57P05': gone,
  '40001': passing(
    'conflict',
    'The query met a conflict with recovery or another transaction',
    'If it goes on, read from the primary.',
  ),
  '22P02': problem(
    'value_unreadable',
    'A value cannot be read as the type that the query asks for',
    you,
    'Correct the casts.',
  ),
  '22012': problem('division_by_zero', 'The query divides by zero', you, 'Use nullif(…, 0) as divisor.'),
  '22021': problem(
    'encoding',
    'A value cannot be written in UTF-8',
    database,
    'Correct the value; the database must know the encoding of its text.',
  ),
}

const byClass: Readonly<Record<string, Sentence>> = {
  '08': gone,
  '22': problem('value_error', 'A value made the query fail', you, 'Run the query by hand to see which one.'),
  '28': passwordWrong,
  '40': passing(
    'conflict',
    'The query met a conflict with another transaction',
    'If it goes on, look into the database.',
  ),
  '42': problem('query_wrong', cannotBeRead, you, 'Run it by hand to see why.'),
  '53': passing(
    'resources',
    'The source database has too little memory, disk or connections',
    'If it goes on, give it more.',
  ),
  '54': problem('too_complex', 'The query is too large for the database', you, 'Make it smaller.'),
  '57': gone,
  '58': problem(
    'system_error',
    'The source database has trouble with its disk or system',
    database,
    'Look into its log.',
  ),
  XX: problem('system_error', 'The source database has an internal error', database, 'Look into its log.'),
}

const unknown = problem('unknown', cannotBeRead, you, 'Run it by hand to see why.')

/** Where a statement of ours holds the text that the user wrote, to tell positions in it. */
export type Written = { readonly text: string; readonly from: number }

/** What went wrong in our own words: a database's message quotes values, so only its code and a position are used. */
export function failureOf(error: unknown, written?: Written): SourceFailure {
  if (error instanceof SourceFailure) return error
  const code = textOf(error, 'code')
  const sqlstate = /^[0-9A-Z]{5}$/.test(code) && textOf(error, 'severity_local') ? code : undefined
  if (code.startsWith('SASL') || code === 'AUTH_TYPE_NOT_IMPLEMENTED') return new SourceFailure(passwordWrong)
  const sentence = sqlstate
    ? (bySqlstate[sqlstate] ?? byClass[sqlstate.slice(0, 2)] ?? unknown)
    : (byCode[code] ?? (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') ? untrusted : gone))
  const place = sqlstate && written ? placeOf(Number(textOf(error, 'position')), written) : ''
  const point = sentence.what.endsWith('.') ? '' : '.'
  const what = `${sentence.what}${place}${point}${sqlstate ? ` (SQLSTATE ${sqlstate})` : ''}`
  return new SourceFailure({ ...sentence, what, ...(sqlstate ? { sqlstate } : {}) })
}

/** `position` counts characters from 1 in the whole statement. */
function placeOf(position: number, { text, from }: Written): string {
  const characters = Array.from(text)
  const at = position - 1 - from
  if (!Number.isInteger(position) || position < 1 || at < 0 || at >= characters.length) return ''
  const lines = characters.slice(0, at).join('').split('\n')
  return ` at line ${lines.length}, character ${(lines.at(-1)?.length ?? 0) + 1}`
}

function textOf(error: unknown, name: string): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
