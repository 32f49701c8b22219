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
  expect(readable('{ not json')).toBe('{ not json')
  expect(readable('plain words')).toBe('plain words')
})
