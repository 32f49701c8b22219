import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startClock } from '../../sandbox/clock.ts'
import type { SentEvent } from '../../sandbox/events/event.ts'
import { type Events, keepEvents } from '../../sandbox/events/events.ts'
import { forgetful, openStore, type Store } from '../../sandbox/keep/store.ts'
import { useSandbox } from './support/sandbox.ts'

const HOUR_MS = 3_600_000
const rules = {
  identity: { names: (key: string) => ['em', 'fbp', 'id'].includes(key), weak: ['ip', 'ua'] },
  dedupe: { windowMs: 48 * HOUR_MS },
}

let lastId = 0
function event(action: 'added' | 'removed', identifiers: object, more: Partial<SentEvent> = {}): SentEvent {
  return {
    stream: 'pixel-1',
    id: `event-${++lastId}`,
    name: action === 'added' ? 'added_to_segment' : 'removed_from_segment',
    time: 1_790_000_000_000,
    identifiers: { ...identifiers },
    properties: { segment_id: 'seg', segment_name: 'VIP', action },
    ...more,
  }
}

function fresh(store: Store = forgetful()) {
  const clock = startClock()
  return { clock, events: keepEvents(clock, store, rules) }
}

const everybody = (events: Events) => events.state({ audience: 'seg' }).members
const all = (events: Events) => events.page({ after: 0, limit: 10_000 }).events

it('joins people by whatever they share, also when the link between them comes last', () => {
  const { events } = fresh()
  events.take(event('added', { fbp: 'cookie' }))
  events.take(event('added', { em: ['hash-a'] }))
  expect(everybody(events)).toHaveLength(2)
  events.take(event('added', { em: ['hash-a', 'hash-b'], fbp: 'cookie', country: 'x' }))
  expect(everybody(events)).toEqual([{ fbp: 'cookie', em: ['hash-a', 'hash-b'], country: 'x' }])
  events.take(event('removed', { em: 'hash-b' }))
  expect(everybody(events)).toEqual([])
})

it('tells people apart by address and browser only together, and only where there is nothing else', () => {
  const { events } = fresh()
  events.take(event('added', { em: 'a', ip: '192.0.2.1', ua: 'Browser' }))
  events.take(event('added', { em: 'b', ip: '192.0.2.1', ua: 'Browser' }))
  events.take(event('added', { ip: '192.0.2.1', ua: 'Browser' }))
  events.take(event('added', { ip: '192.0.2.1', ua: 'Other' }))
  events.take(event('added', { ip: '192.0.2.1' }))
  expect(everybody(events)).toHaveLength(4)
  events.take(event('removed', { ip: '192.0.2.1', ua: 'Browser' }))
  expect(everybody(events)).toEqual([
    { em: 'a', ip: '192.0.2.1', ua: 'Browser' },
    { em: 'b', ip: '192.0.2.1', ua: 'Browser' },
    { ip: '192.0.2.1', ua: 'Other' },
  ])
})

it('lets the time of the event decide, then the time it tells, then arrival', () => {
  const { events } = fresh()
  const at = (action: 'added' | 'removed', id: string, time: number, occurred_at?: string) =>
    events.take(event(action, { id }, { time, properties: { segment_id: 'seg', action, occurred_at } }))
  at('removed', 'late arrival', 2_000)
  at('added', 'late arrival', 1_000)
  at('removed', 'same second', 1_000, '2026-01-01T00:00:00.700Z')
  at('added', 'same second', 1_000, '2026-01-01T00:00:00.300Z')
  at('added', 'alike', 1_000)
  at('removed', 'alike', 1_000)
  at('removed', 'back', 1_000)
  at('added', 'back', 1_000)
  expect(everybody(events)).toEqual([{ id: 'back' }])
})

it('keeps audiences and places apart', () => {
  const { events } = fresh()
  events.take(event('added', { id: '1' }))
  events.take(event('added', { id: '2' }, { stream: 'pixel-2' }))
  events.take(event('added', { id: '3' }, { properties: { segment_id: 'other', action: 'added' } }))
  expect(everybody(events)).toEqual([{ id: '1' }, { id: '2' }])
  expect(events.state({ audience: 'seg', stream: 'pixel-2' }).members).toEqual([{ id: '2' }])
  expect(events.page({ after: 0, limit: 10, stream: 'pixel-2' }).events).toMatchObject([{ seq: 2 }])
})

it('counts an id once within the window, and what was dropped not at all', () => {
  const { clock, events } = fresh()
  const join = event('added', { id: '1' }, { id: 'same' })
  expect(events.take(join, 'no good name')).toBe('dropped')
  expect(events.take(join)).toBe('kept')
  expect(events.take(event('removed', { id: '1' }))).toBe('kept')
  expect(events.take(join)).toBe('repeat')
  expect(everybody(events)).toEqual([])
  expect(events.take({ ...join, stream: 'pixel-2' })).toBe('kept')
  expect(events.take({ ...join, name: 'added_to_segment_vip' })).toBe('kept')
  clock.advance(48 * HOUR_MS)
  expect(events.take(join)).toBe('kept')
  expect(all(events).map(({ outcome, reason, repeats }) => [outcome, reason, repeats])).toEqual([
    ['dropped', 'no good name', 2],
    ['kept', null, 2],
    ['kept', null, 0],
    ['repeat', 'the id of event 2 again', 2],
    ['kept', null, 0],
    ['kept', null, 0],
    ['kept', null, 2],
  ])
})

it('tells of an event what came with it', () => {
  const { events } = fresh()
  events.take(event('removed', { em: ['hash'] }, { id: 'e', properties: { segment_id: 'seg', plan: 'gold' } }))
  events.take(event('added', {}, { id: undefined, name: 'purchase', properties: {} }))
  expect(all(events)).toEqual([
    {
      ...{
        seq: 1,
        stream: 'pixel-1',
        id: 'e',
        name: 'removed_from_segment',
        outcome: 'kept',
        reason: null,
        repeats: 0,
      },
      ...{ audience: 'seg', audience_name: null, action: 'removed', time: '2026-09-21T14:13:20.000Z' },
      ...{
        received: expect.any(String),
        identifiers: { em: ['hash'] },
        details: {},
        properties: { segment_id: 'seg', plan: 'gold' },
      },
    },
    expect.objectContaining({ id: null, name: 'purchase', audience: null, action: null, repeats: 0 }),
  ])
})

it('pages through more events than are pressed together, and knows them after a restart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-events-'))
  try {
    const store = openStore(folder, 'meta')
    const { events } = fresh(store)
    for (let at = 0; at < 1_300; at++) events.take(event('added', { id: `ü\n${at}` }, { id: `kept-${at}` }))
    store.commit()
    store.close()
    const again = openStore(folder, 'meta')
    const { events: kept } = fresh(again)
    const seen: unknown[] = []
    for (let after: number | null = 0; after !== null; ) {
      const page = kept.page({ after, limit: 400 })
      expect(page.events.length).toBeLessThanOrEqual(400)
      seen.push(...page.events)
      after = page.next
    }
    expect(seen).toEqual(all(events))
    expect(seen[1_299]).toMatchObject({ seq: 1_300, id: 'kept-1299', identifiers: { id: 'ü\n1299' } })
    expect(kept.take(event('added', { id: '0' }, { id: 'kept-0' }))).toBe('repeat')
    expect(everybody(kept)).toHaveLength(1_300)
    again.clear()
    again.close()
    const empty = openStore(folder, 'meta')
    expect(all(fresh(empty).events)).toEqual([])
    empty.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const sandbox = useSandbox()

it('says which platforms take events to whom asks one that takes none', async () => {
  for (const path of ['/linkedin/events', '/linkedin/state?audience=seg']) {
    const { status, body } = await sandbox.control('GET', path)
    expect(status).toBe(404)
    expect(body.error).toContain('linkedin takes no events')
  }
  expect((await sandbox.control('GET', '/nowhere/events')).status).toBe(404)
})
