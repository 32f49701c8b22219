import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { aSource } from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { useConsole } from './support/use-console.ts'

const { journey, signIn } = useConsole()
const cookie = (n: number) => `fb.1.1790000000000.${1_000_000_000 + n}`
const click = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const go = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).click()

/** An audience of visitors with chosen fields and nothing more. */
async function visitors(table: string): Promise<string> {
  const { people } = journey.deployment
  await people.unsafe(`create table ${table} (id text primary key, email text, fbp text, plan text)`)
  await people`insert into ${people(table)} ${people([
    { id: 'v1', email: null, fbp: cookie(1), plan: 'gold' },
    { id: 'v2', email: 'ben@example.test', fbp: null, plan: null },
    { id: 'v3', email: 'no at sign', fbp: null, plan: null },
  ])}`
  const { id } = await journey.must('POST', '/v1/audiences', {
    name: `Visitors of ${table}`,
    kind: 'dynamic',
    source: { id: await aSource(journey), memberId: 'id', table },
    refreshInterval: '7d',
  })
  await journey.must('PUT', `/v1/audiences/${id}/schema`, { fields: ['email', 'fbp', 'plan'] })
  return id
}

async function eventsOf(audienceId: string) {
  const { events } = await journey.sandbox('GET', '/meta/events?limit=1000')
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it reads out of an answer
  return events.filter((event: any) => event.audience === audienceId)
}

it('leads by clicks from an account to visitors who are announced, and tells the rule', async () => {
  const audienceId = await visitors('shop')
  const page = await signIn('admin')
  await page.goto('/destinations/new')
  await page.getByRole('combobox', { name: 'Platform' }).click()
  await page.getByRole('option', { name: 'Meta' }).click()
  await page.getByLabel('Name').fill('Our Meta account')
  await page.getByRole('switch', { name: 'Sandbox account' }).check()
  await click(page, 'Check and connect')
  await page.getByRole('heading', { name: 'Our Meta account' }).waitFor()

  await page.goto(`/audiences/${audienceId}`)
  await page.getByRole('tab', { name: 'Event Sync' }).click()
  await go(page, 'Add an event sync')
  const save = page.getByRole('button', { name: 'Save Event Sync' })
  await page.getByRole('region', { name: 'Who is announced' }).getByText('3 people').first().waitFor()
  // the question has no answer of its own
  expect(await save.isDisabled()).toBe(true)
  await page.getByRole('radio', { name: 'Announce everybody who is in now' }).check()
  const preview = page.getByRole('region', { name: 'Preview' })
  await preview.getByText('67 %').waitFor()
  await preview.getByText(/no @/).first().waitFor()

  await click(page, 'Add a property')
  await page.getByRole('combobox', { name: 'Field of the new property' }).click()
  await page.getByRole('option', { name: 'plan' }).click()
  await page.getByLabel('Name of the new property').fill('tariff')
  await click(page, 'Add')
  await page.getByLabel('Event of a join').fill('entered_{audience}')
  await page.getByLabel(/^Days that a member stays/).fill('9')
  await save.click()

  const rule = page.getByRole('region', { name: 'Audience at Meta' })
  await rule.getByText('What is not certain').waitFor()
  await click(page, 'Create audience')
  await rule.getByText(/^Made: /).waitFor()
  const [sync] = (await journey.must('GET', `/v1/audiences/${audienceId}/syncs`)).items
  expect(sync).toMatchObject({ mode: 'event', enabled: true, onlyChanges: false, properties: { tariff: 'plan' } })
  expect(sync.settings).toMatchObject({ retentionDays: 9 })
  expect(sync.settings.addedEvent).toMatch(/^entered_visitors_of_shop_/)
  expect(sync.madeAudience).not.toBeNull()

  await go(page, 'Visitors of shop')
  const card = page.getByRole('region', { name: 'Our Meta account' })
  await card.getByText(sync.settings.addedEvent).waitFor()
  await click(page, 'Activate')
  await page.getByRole('tab', { name: 'Event Sync' }).click()
  await card.getByText('Every join and leave was announced.').waitFor()
  await card.getByText('2 joined').waitFor()
  const told = await eventsOf(audienceId)
  expect(told.map(({ name }: { name: string }) => name)).toEqual(Array(2).fill(sync.settings.addedEvent))
  expect(JSON.stringify(told)).toContain('gold')

  await page.getByRole('tab', { name: 'List Sync' }).click()
  await page.getByText('It fills no list yet').waitFor()

  // the person: announced, under the id that the event has at the platform
  await go(page, 'Person')
  await page.getByLabel('Member id, e-mail or phone').fill('v1')
  await click(page, 'Look up')
  const item = page.getByRole('region', { name: 'Visitors of shop at Our Meta account' })
  await item.getByText(/^Announced: /).waitFor()
  const id = await item.getByRole('code').or(item.locator('code')).first().innerText()
  expect(told.map((event: { id: string }) => event.id)).toContain(id)
  await page.getByLabel('Member id, e-mail or phone').fill('v3')
  await click(page, 'Look up')
  await item.getByText(/^Not announced: /).waitFor()
}, 120_000)

it('changes, switches off and on, runs and removes an event sync, and asks what is announced then', async () => {
  const audienceId = await visitors('club')
  const { id: destinationId } = await journey.must('POST', '/v1/destinations', {
    name: 'Club account',
    platform: 'meta',
    sandbox: true,
  })
  const { id } = await journey.must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId,
    mode: 'event',
    announceExisting: true,
    mapping: { EMAIL: 'email', FBP: 'fbp' },
    properties: { plan: 'plan' },
    enabled: true,
  })
  await journey.must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.settled((await journey.lastRun(audienceId)).id)
  const page = await signIn('operator')
  await page.goto(`/audiences/${audienceId}/events`)
  await go(page, 'Settings')
  await click(page, 'Do not send plan')
  await click(page, 'Save Event Sync')
  await until(async () => JSON.stringify((await journey.must('GET', `/v1/syncs/${id}`)).properties) === '{}')

  await page.goto(`/audiences/${audienceId}/events`)
  await page.getByRole('switch', { name: 'Sync to Club account' }).press('Space')
  await page.getByText('The sync is switched off.').waitFor()
  await page.getByRole('switch', { name: 'Sync to Club account' }).press('Space')
  await page.getByText('Every join and leave was announced.').waitFor()
  const { people } = journey.deployment
  await people`insert into club (id, fbp) values ('v4', ${cookie(4)})`
  const card = page.getByRole('region', { name: 'Club account' })
  await card.getByRole('button', { name: 'Instant Sync' }).click()
  await until(async () => JSON.stringify(await eventsOf(audienceId)).includes(cookie(4)))
  await go(page, 'Show Logs')
  await page
    .getByText(/batch(es)? of joins sent/)
    .first()
    .waitFor()
  await page.goto(`/audiences/${audienceId}/events`)
  await click(page, 'Delete')
  await page.getByRole('radio', { name: /^Announce first that they left/ }).check()
  await click(page, 'Delete sync')
  await page.getByText('Nobody is told by events yet').waitFor()
  const told = await eventsOf(audienceId)
  expect(told.filter(({ name }: { name: string }) => name === 'removed_from_segment')).toHaveLength(3)
}, 90_000)

it('says of held leaves what would be announced, and announces them', async () => {
  const audienceId = await visitors('lounge')
  await journey.must('PATCH', `/v1/audiences/${audienceId}`, { brake: { percent: 30, minimum: 1 } })
  const destination = { name: 'Lounge account', platform: 'meta', sandbox: true }
  const { id: destinationId } = await journey.must('POST', '/v1/destinations', destination)
  const told = { destinationId, mode: 'event', announceExisting: true, enabled: true }
  await journey.must('POST', `/v1/audiences/${audienceId}/syncs`, told)
  await journey.must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.settled((await journey.lastRun(audienceId)).id)
  await journey.deployment.people`delete from lounge where id in ('v1', 'v2')`
  await journey.syncNow(audienceId)
  const page = await signIn('operator')
  const need = page.getByRole('region', { name: 'Needs you' })
  await need.getByText('2 people would be announced as gone').waitFor()
  await need.getByRole('link').click()
  await click(page, 'Approve')
  await page.getByText('Lounge account will be told that 2 people left the audience.').waitFor()
  await click(page, 'Announce 2 people')
  await page.getByText('settled').waitFor()
  const left = (await eventsOf(audienceId)).filter(({ name }: { name: string }) => name === 'removed_from_segment')
  expect(left).toHaveLength(2)
}, 60_000)
