import { expect, it } from 'vitest'
import { memo } from '../../identity/memo.ts'

it('computes a value once, and again after it was full', () => {
  const computed: string[] = []
  const remembered = memo((value) => computed.push(value), 2)
  for (const value of ['a', 'b', 'a', 'b', 'c', 'a']) remembered(value)
  expect(computed).toEqual(['a', 'b', 'c', 'a'])
})
