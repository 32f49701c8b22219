import type { Batch } from '../define.ts'

/** The body of a change of a list: all records as one string, apart by commas. A member has one of them. */
export const recordsBody = ({ operation, members }: Batch): Buffer =>
  Buffer.from(
    JSON.stringify({
      operation_type: operation === 'add' ? 'ADD' : 'REMOVE',
      records: members.flatMap(({ values }) => values.filter((record) => record !== undefined)).join(','),
    }),
  )
