import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../destinations/define.ts'
import { sessionIdOf } from '../../../destinations/meta/session-id.ts'
import { usersBody } from '../../../destinations/meta/users-body.ts'
import { batchOf } from './connected.ts'

const parsed = (batch: Batch) => JSON.parse(usersBody(batch).toString('utf8'))

describe('the body of an upload', () => {
  it('has one finished session and a row per member, with "" for what is missing', () => {
    const batch = batchOf()
    expect(usersBody(batch).toString('utf8')).toBe(
      `{"session":{"session_id":${sessionIdOf(batch)},"batch_seq":1,"last_batch_flag":true,"estimated_num_total":2},` +
        `"payload":{"schema":["EMAIL","EXTERN_ID"],"data":[["${'a'.repeat(64)}","u1"],["","u2"]]}}`,
    )
  })

  it('sends a single identifier as rows too', () => {
    const members = [{ key: 'a', values: ['x'] }]
    expect(parsed(batchOf({ identifiers: ['EMAIL'], members })).payload).toEqual({ schema: ['EMAIL'], data: [['x']] })
  })

  it('fills a row that is shorter than the schema', () => {
    expect(parsed(batchOf({ members: [{ key: 'a', values: [] }] })).payload.data).toEqual([['', '']])
  })

  it('sends options as lists and numbers as numbers', () => {
    const identifiers = [
      'EXTERN_ID',
      'DATA_PROCESSING_OPTIONS',
      'DATA_PROCESSING_OPTIONS_COUNTRY',
      'DATA_PROCESSING_OPTIONS_STATE',
      'LOOKALIKE_VALUE',
    ]
    const members = [
      { key: 'a', values: ['u1', 'LDU', '1', '1000', '12.50'] },
      { key: 'b', values: ['u2', undefined, undefined, undefined, undefined] },
      { key: 'c', values: ['u3', '', '', '', '0'] },
      { key: 'd', values: ['u4', '', '', '', 'Infinity'] },
    ]
    expect(parsed(batchOf({ identifiers, members })).payload.data).toEqual([
      ['u1', ['LDU'], 1, 1000, 12.5],
      ['u2', [], '', '', ''],
      ['u3', [], '', '', 0],
      ['u4', [], '', '', ''],
    ])
  })

  it('brings every id across as it is', () => {
    const odd = ['"', '\\', 'tab\there', '\u0000', 'Zoë', 'ليلى', '👩‍🚀', '\u2028', '\ufeff', '\u007f', '']
    const members = odd.map((value, at) => ({ key: String(at), values: [value] }))
    const body = usersBody(batchOf({ identifiers: ['EXTERN_ID'], members }))
    expect(JSON.parse(body.toString('utf8')).payload.data).toEqual(odd.map((value) => [value]))
    expect(body.every((byte) => byte < 0x80)).toBe(true)
  })

  it('is the same as JSON.stringify would make, across chunks', () => {
    const members = Array.from({ length: 1_203 }, (_, at) => ({
      key: String(at),
      values: [at % 3 ? at.toString(16).padStart(64, '0') : undefined, `u${at}`],
    }))
    const batch = batchOf({ members })
    expect(usersBody(batch).toString('utf8')).toBe(
      JSON.stringify({
        session: { session_id: sessionIdOf(batch), batch_seq: 1, last_batch_flag: true, estimated_num_total: 1_203 },
        payload: { schema: batch.identifiers, data: members.map(({ values }) => values.map((value) => value ?? '')) },
      }),
    )
  })
})

describe('the session of a batch', () => {
  it('is a whole number that JSON carries exactly, and the same for each repeat', () => {
    for (let id = 1; id < 2_000; id++) {
      const session = sessionIdOf(batchOf({ id }))
      expect(Number.isSafeInteger(session) && session > 0).toBe(true)
      const members = batchOf().members.toReversed()
      expect(sessionIdOf(batchOf({ id, members, repeated: true }))).toBe(session)
    }
  })

  it('differs by batch, list, direction, and by the deployment that the member keys come from', () => {
    const others = [
      batchOf(),
      batchOf({ id: 8 }),
      batchOf({ listId: '1' }),
      batchOf({ operation: 'remove' }),
      batchOf({ members: batchOf().members.map((member) => ({ ...member, key: `${member.key} of another` })) }),
    ]
    expect(new Set(others.map(sessionIdOf)).size).toBe(others.length)
  })
})
