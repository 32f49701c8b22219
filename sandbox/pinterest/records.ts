const hashed = /^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/
const email = /^[^@\s,A-Z]+@[^@\s,A-Z]+\.[^@\s,A-Z]+$/
const anything = /\S/

/** How a record must look, by the type of its list. Hashes are MD5, SHA-1 or SHA-256 in lower case. */
const forms = {
  EMAIL: (record: string) => hashed.test(record) || email.test(record),
  IDFA: (record: string) => hashed.test(record),
  MAID: (record: string) => hashed.test(record),
  LR_ID: (record: string) => anything.test(record),
  DLX_ID: (record: string) => anything.test(record),
  HASHED_PINNER_ID: (record: string) => anything.test(record),
} satisfies Record<string, (record: string) => boolean>

export type ListType = keyof typeof forms
export const listTypes = ['EMAIL', 'IDFA', 'MAID', 'LR_ID', 'DLX_ID', 'HASHED_PINNER_ID'] as const satisfies ListType[]

/** The records of one comma-separated string; empty ones are none. */
export function splitRecords(text: string): string[] {
  return text
    .split(',')
    .map((record) => record.trim())
    .filter((record) => record !== '')
}

export function isUsable(type: ListType, record: string): boolean {
  return forms[type](record)
}
