import { hash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pinterest } from '../../../destinations/pinterest/index.ts'
import { type Deployment, startDeployment, syncNow, until } from '../../support/deployment.ts'
import { aWantedList, openAt } from '../open.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startDeployment()
}, 120_000)
afterAll(() => deployment?.stop())

const control = async (path: string, body?: object) => {
  const answer = await fetch(`${deployment.sandbox.url}/_sandbox${path}`, {
    ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return Object(await answer.json())
}

/** A sandbox account with a list, an audience over `people`, and a sync that is on. */
async function seeded() {
  const { sql, seal, sandbox } = deployment
  const { settings, credentials } = await control('/accounts', { platform: 'pinterest' })
  const { opened } = openAt(pinterest, `${sandbox.url}/pinterest`, { settings, credentials }, { sandbox: true })
  const list = await opened.createList(aWantedList({ identifiers: ['EMAIL'] }))
  const [source] = await sql`insert into source (name, kind, credentials)
    values ('shop', 'postgres', ${seal.seal(JSON.stringify({ url: deployment.sourceUrl }))}) returning id`
  const [audience] =
    await sql`insert into audience (name, kind, status, source_id, query, member_id, refresh_interval_ms, fields)
    values ('Pinners', 'dynamic', 'active', ${source?.id}, 'select * from people', 'id', 3600000, '["email"]') returning id`
  const [destination] = await sql`insert into destination (name, platform, settings, credentials, sandbox, account)
    values ('Pinterest', 'pinterest', ${sql.json(settings)}, ${seal.seal(JSON.stringify(credentials))}, true, ${opened.account})
    returning id`
  await sql`insert into sync (audience_id, destination_id, mode, account, list_id, list_name, mapping, enabled)
    values (${audience?.id}, ${destination?.id}, 'list', ${opened.account}, ${list.id}, ${list.name}, '{"EMAIL":"email"}', true)`
  return { audienceId: String(audience?.id), listId: list.id }
}

describe('an audience kept in step with a list at Pinterest', { timeout: 90_000 }, () => {
  let at: Awaited<ReturnType<typeof seeded>>
  const held = async () =>
    Object(await control(`/pinterest/lists/${at.listId}`)).members.map(({ EMAIL }: Record<string, string>) => EMAIL)
  const who = (...names: string[]) => names.map((name) => hash('sha256', `${name}@example.test`)).sort()
  const holds = (...names: string[]) =>
    until(async () => JSON.stringify((await held()).sort()) === JSON.stringify(who(...names)))
  const workedThrough = () => control('/clock', { platform: 'pinterest', advance: '10m' })

  beforeAll(async () => {
    await deployment.people`create table people (id text primary key, email text)`
    await deployment.people`insert into people values ('1', 'Anna@example.test'), ('2', 'ben@example.test'), ('3', 'no-at-sign')`
    at = await seeded()
  })

  it('brings the usable members, who stay accepted', async () => {
    await syncNow(deployment, at.audienceId)
    await holds('anna', 'ben')
  })

  it('takes out who left while Pinterest was at work, as soon as that is over', async () => {
    await deployment.people`delete from people where id = '2'`
    await syncNow(deployment, at.audienceId)
    await holds('anna', 'ben')
    await workedThrough()
    await holds('anna')
    const states = await deployment.sql`select distinct state from batch where final_at is not null`
    expect(states.map(({ state }) => state)).toEqual(['accepted'])
  })

  it('brings who came meanwhile at once, though somebody else has to wait', async () => {
    await workedThrough()
    await until(async () => {
      const [open] = await deployment.sql`select count(*) as n from batch where final_at is null`
      return Number(open?.n) === 0
    })
    await deployment.people`insert into people values ('4', 'dan@example.test')`
    await syncNow(deployment, at.audienceId)
    await holds('anna', 'dan')
    await deployment.people`delete from people where id = '4'`
    await deployment.people`insert into people values ('5', 'eve@example.test')`
    await syncNow(deployment, at.audienceId)
    await holds('anna', 'dan', 'eve')
    await workedThrough()
    await holds('anna', 'eve')
    const [runs] = await deployment.sql`select count(*) as n from run`
    // each change by one run that was asked for, and at most two that caught up
    expect(Number(runs?.n)).toBeLessThanOrEqual(12)
  })
})
