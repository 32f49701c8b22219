import { expect, it } from 'vitest'
import { standingOf } from '../../api/sync-standing.ts'
import type { LastDelivery } from '../../db/queries/last-delivery.ts'
import type { SyncWithNames } from '../../db/queries/sync.ts'

const counts = {
  joined: 0,
  left: 9,
  updated: 0,
  again: 0,
  unusable: 0,
  retained: 0,
  forgotten: 0,
  baseline: 0,
  waiting: 0,
  held: 9,
}
const delivered = (status: LastDelivery['status']): LastDelivery => ({
  id: 'd',
  runId: 'r',
  status,
  counts: { ...counts, accepted: 0, confirmed: 0, rejected: 0 },
  startedAt: new Date(),
  uploadedAt: null,
  settledAt: null,
  problem: null,
})
const problem = {
  code: 'x',
  what: 'The list is gone.',
  whose: 'you',
  next: 'Choose another.',
  at: '2026-01-01T00:00:00Z',
}
const destination = { id: 't', name: 'Meta', platform: 'meta', status: 'connected' } as const
const audience = { id: 'a', name: 'A', status: 'active', paused: false } as const
// Only what the standing looks at.
const calm = {
  destination,
  audience,
  enabled: true,
  listId: '1',
  intent: 'match',
  problem: null,
  retryAt: null,
  lastDeliveredAt: new Date(),
  listForgetsAfterMs: null,
  mode: 'list',
}
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
const pausedLong = { audience: { ...audience, paused: true }, listForgetsAfterMs: 30 * 86_400_000 }

it.each([
  ['in_step', {}, 'settled'],
  ['in_step', {}, undefined],
  ['off', { enabled: false, problem }, 'held'],
  ['off', { audience: { ...audience, status: 'archived' } }, 'settled'],
  ['needs_attention', { destination: { ...destination, status: 'needs_attention' } }, 'held'],
  ['needs_attention', { problem }, 'failed'],
  ['needs_attention', { listId: null }, undefined],
  ['held', {}, 'held'],
  ['running', {}, 'uploading'],
  ['running', { intent: 'empty', enabled: false }, 'uploading'],
  ['waiting', {}, 'uploaded'],
  ['waiting', {}, 'discarded'],
  ['waiting', { audience: { ...audience, paused: true } }, 'settled'],
  ['waiting', { ...pausedLong, lastDeliveredAt: daysAgo(9) }, 'settled'],
  ['needs_attention', { ...pausedLong, lastDeliveredAt: daysAgo(20) }, 'settled'],
  ['needs_attention', { ...pausedLong, lastDeliveredAt: daysAgo(31) }, 'settled'],
  ['waiting', { audience: { ...audience, status: 'draft' } }, undefined],
  ['waiting', { lastDeliveredAt: null }, undefined],
  ['waiting', { retryAt: new Date() }, 'failed'],
] as const)('a sync is %s with %o after a delivery that is %s', (state, more, status) => {
  const sync = { ...calm, ...more } as unknown as SyncWithNames
  const told = standingOf(sync, status && delivered(status))
  expect(told.state).toBe(state)
  expect(told.says).toMatch(/\.$/)
})
