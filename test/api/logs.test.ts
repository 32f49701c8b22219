import { expect, it } from 'vitest'
import { useApi } from './support/api.ts'
import { anActiveAudience } from './support/journey.ts'

const api = useApi()

it('is for viewers, of things that exist, by cursors of its own', async () => {
  const { audienceId, syncId } = await anActiveAudience(api)
  for (const path of [`/v1/audiences/${audienceId}/logs`, `/v1/syncs/${syncId}/logs`]) {
    const { status, body } = await api.call('GET', path, undefined, { role: 'viewer' })
    expect({ status, history: body.history }).toEqual({ status: 200, history: 'read' })
    expect(await api.request(path)).toMatchObject({ status: 401 })
    const { next } = await api.must('GET', '/v1/audiences?limit=1')
    for (const after of ['nonsense', next ?? 'W10'])
      expect(await api.call('GET', `${path}?after=${after}`)).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'after' }] },
      })
    for (const query of ['level=loud', 'limit=0', 'limit=201'])
      expect((await api.call('GET', `${path}?${query}`)).status, query).toBe(422)
    expect(
      (await api.call('GET', `${path}/stream`, undefined, { headers: { 'last-event-id': 'nonsense' } })).status,
    ).toBe(422)
  }
  for (const path of ['/v1/audiences', '/v1/syncs'])
    for (const log of ['logs', 'logs/stream'])
      expect((await api.call('GET', `${path}/${crypto.randomUUID()}/${log}`)).status).toBe(404)
})

it('tells of a run that is wanted while nothing works on it', async () => {
  const { audienceId } = await anActiveAudience(api)
  const { items } = await api.must('GET', `/v1/audiences/${audienceId}/logs`)
  expect(items).toMatchObject([
    { kind: 'record.run', message: 'A run is wanted and has not begun (because of the activation).', eventId: null },
  ])
})

it('is described', async () => {
  const { paths, components } = await api.must('GET', '/openapi.json')
  for (const path of ['/v1/audiences/{id}/logs', '/v1/syncs/{id}/logs']) {
    expect(paths[path].get.responses['200'].content['application/json']).toBeTruthy()
    expect(paths[`${path}/stream`].get.responses['200'].content['text/event-stream']).toBeTruthy()
  }
  expect(Object.keys(components.schemas.LogLine.properties)).toContain('eventId')
})
