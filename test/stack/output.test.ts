import { expect, it } from 'vitest'
import { readable } from '../../scripts/stack/output.ts'

it('makes a sentence of a JSON log line, and leaves others as they are', () => {
  const line = JSON.stringify({
    level: 40,
    time: 1,
    pid: 2,
    hostname: 'h',
    msg: 'The list is gone.',
    syncId: 's1',
    n: 3,
  })
  expect(readable(line)).toBe('WARN The list is gone. syncId=s1 n=3')
  const request = { level: 30, msg: 'request', requestId: 'r1', path: '/v1/sources' }
  expect(readable(JSON.stringify(request))).toBe('request path=/v1/sources')
  expect(readable(JSON.stringify({ ...request, level: 50 }))).toBe('ERROR request requestId=r1 path=/v1/sources')
  expect(readable('{ not json')).toBe('{ not json')
  expect(readable('plain words')).toBe('plain words')
})
