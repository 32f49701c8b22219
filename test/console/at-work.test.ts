import { expect, it } from 'vitest'
import {
  aReadyAudience,
  aSettledAudience,
  hashed,
  putPeople,
  sandboxAccount,
  takePeople,
  tokenOf,
} from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { loaded, useConsole } from './support/use-console.ts'

const { journey, signIn } = useConsole()

it('shows how a run goes while it goes, without being asked again', async () => {
  const { audienceId, table } = await aSettledAudience(journey, ['a', 'b', 'c'])
  await putPeople(journey, table, ['d', 'e'])
  await takePeople(journey, table, ['a'])
  const slow = { platform: 'meta', fault: 'slow', ms: 4_000, times: 1, match: { operation: 'remove_users' } }
  await journey.sandbox('POST', '/faults', slow)
  const page = await signIn('operator')
  await page.goto(`/audiences/${audienceId}`)
  await page.getByRole('button', { name: 'Instant Sync' }).click()
  const accepted = page.getByRole('progressbar', { name: 'Accepted' })
  // Two have joined; who has left is on the way.
  await until(
    async () => (await accepted.count()) > 0 && Math.round(Number(await accepted.getAttribute('aria-valuenow'))) === 67,
  )
  await until(async () => Math.round(Number(await accepted.getAttribute('aria-valuenow'))) === 100)
  await page.getByText('settled').waitFor()
})

it('asks with the numbers before held leaves go out, and does it', async () => {
  const everybody = ['a', 'b', 'c', 'd', 'e', 'f']
  const brake = { percent: 30, minimum: 2 }
  const { audienceId, table, listId } = await aSettledAudience(journey, everybody, { audience: { brake } })
  await takePeople(journey, table, ['c', 'd', 'e', 'f'])
  await journey.syncNow(audienceId)
  const page = await signIn('operator')
  const need = page.getByRole('region', { name: 'Needs you' })
  await need.getByText('4 people would be removed').waitFor()
  await need.getByRole('link').click()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText(/^4 people will be removed from the list/).waitFor()
  await page.getByRole('button', { name: 'Remove 4 people' }).click()
  await page.getByText('settled').waitFor()
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
})

it('tells of a token that has ended, and goes on with a new one', async () => {
  const { audienceId, destinationId, table, listId } = await aSettledAudience(journey, ['a'])
  const account = await sandboxAccount(journey, destinationId)
  await journey.sandbox('PATCH', `/accounts/${account}`, { token_expired: true })
  await putPeople(journey, table, ['b'])
  await journey.syncNow(audienceId)
  const page = await signIn('admin')
  await page.goto('/audiences')
  await page.getByRole('button', { name: /^Meta: Needs attention\./ }).hover()
  await page.getByRole('tooltip').getByText('Reconnect the destination.').waitFor()

  await page.goto(`/destinations/${destinationId}`)
  await journey.sandbox('PATCH', `/accounts/${account}`, { token_expired: false })
  await page.getByRole('textbox', { name: 'Access token' }).fill(await tokenOf(journey, destinationId))
  await page.getByRole('button', { name: 'Check and save' }).click()
  await page.getByText('connected', { exact: true }).waitFor()
  await until(async () => (await journey.emails(listId)).join() === hashed(['a', 'b']).join())
})

it('shows no viewer a button that would not work', async () => {
  const { audienceId, destinationId } = await aSettledAudience(journey, ['a'])
  const [run] = (await journey.must('GET', `/v1/audiences/${audienceId}/runs`)).items
  const [source] = (await journey.must('GET', '/v1/sources')).items
  const page = await signIn('viewer')
  const refused: string[] = []
  page.on('response', (response) => {
    if (response.status() === 403) refused.push(response.url())
  })
  const at = `/audiences/${audienceId}`
  const places = [
    '/',
    '/audiences',
    at,
    `${at}/schema`,
    `${at}/syncs`,
    `${at}/events`,
    `${at}/configuration`,
    `${at}/logs`,
  ]
  const others = [
    `/runs/${run.id}`,
    '/destinations',
    `/destinations/${destinationId}`,
    '/sources',
    `/sources/${source.id}`,
  ]
  const does =
    /sync$|activate|pause|resume|create|connect|check|save|update|delete|archive|approve|discard|map schema|make|revoke|add/i
  for (const place of [...places, ...others]) {
    await page.goto(place)
    await loaded(page)
    const names = await page.getByRole('main').getByRole('button').allInnerTexts()
    const links = await page.getByRole('main').getByRole('link').allInnerTexts()
    expect(
      [...names, ...links].filter((name) => does.test(name)),
      place,
    ).toEqual([])
  }
  expect(await page.getByRole('link', { name: 'API keys' }).count()).toBe(0)
  expect(refused).toEqual([])
}, 90_000)

it('ends a session when its key is revoked, and when one signs out', async () => {
  const page = await signIn('viewer')
  const { items } = await journey.must('GET', '/v1/api-keys?limit=200')
  const own = items.filter(({ name }: { name: string }) => name === 'a person, viewer')
  for (const { id } of own) await journey.must('DELETE', `/v1/api-keys/${id}`)
  await page.reload()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()

  const other = await signIn('viewer')
  await other.getByRole('button', { name: /^Signed in as/ }).click()
  await other.getByRole('menuitem', { name: 'Sign out' }).click()
  await other.getByRole('button', { name: 'Sign in' }).waitFor()
  await other.reload()
  await other.getByRole('button', { name: 'Sign in' }).waitFor()
})

it('offers what a list sync sets for itself, and keeps it', async () => {
  const google = { name: 'Our Google account', platform: 'google', sandbox: true }
  const { id: destinationId } = await journey.must('POST', '/v1/destinations', google)
  const { audienceId, syncId } = await aReadyAudience(journey, ['a'], { destinationId, mapping: { email: 'email' } })
  const page = await signIn('operator')
  await page.goto(`/audiences/${audienceId}/map/${syncId}`)
  await page.getByRole('radio', { name: 'Make it again by itself, and send everybody to it' }).check()
  await page.getByLabel('Days that a member stays in a new list').fill('77')
  await page.getByRole('button', { name: 'Save List and Schema' }).click()
  await page.getByText('Saved: list and schema.').waitFor()
  const saved = await journey.must('GET', `/v1/syncs/${syncId}`)
  expect(saved).toMatchObject({ whenListGone: 'recreate', settings: { membershipDays: 77 } })
})
