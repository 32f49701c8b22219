import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { aTable, hashed } from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { typeKey, useConsole } from './support/use-console.ts'

const { journey, open } = useConsole()

const click = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const go = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).click()

it('leads by clicks from a source to a member in the list, and tells why another is not in it', async () => {
  const table = await aTable(journey, ['anna', 'ben', 'cleo'])
  await journey.deployment.people.unsafe(`insert into ${table} values ('dora', 'no at sign', null)`)
  const page = await open()
  await page.goto('/')

  // A key that is not known is refused in words; the right one opens the house.
  await typeKey(page, 'as_wrong')
  await page.getByText('This API key is not known here, or was revoked.').waitFor()
  await typeKey(page, journey.key)
  await page.getByText('Four steps to the first list in step').waitFor()

  await go(page, 'Connect a source')
  await page.getByLabel('Name').fill('Shop')
  await page.getByLabel('Address of the PostgreSQL database').fill('postgres://nobody:nothing@127.0.0.1:1/shop')
  await click(page, 'Check and connect')
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Address of the PostgreSQL database').fill(journey.deployment.sourceUrl)
  await click(page, 'Check and connect')
  await page.getByText(table).waitFor()
  expect(await page.content()).not.toContain(new URL(journey.deployment.sourceUrl).password || 'no password')

  await go(page, 'Home')
  await go(page, 'Connect a destination')
  await page.getByRole('combobox', { name: 'Platform' }).click()
  await page.getByRole('option', { name: 'Meta' }).click()
  await page.getByLabel('Name').fill('Our Meta account')
  await page.getByRole('switch', { name: 'Sandbox account' }).check()
  await click(page, 'Check and connect')
  await page.getByRole('heading', { name: 'Our Meta account' }).waitFor()
  await click(page, 'Check connection')
  await page.getByText('All is in order').waitFor()

  await go(page, 'Home')
  await go(page, 'Make an audience')
  await page.getByLabel('Name').fill('Newsletter readers')
  await page.getByRole('combobox', { name: 'Table or view' }).click()
  await page.getByRole('option', { name: table }).click()
  expect(await page.getByRole('combobox', { name: 'Member id' }).inputValue()).toBe('id')
  await click(page, 'Create audience')

  await page.getByRole('checkbox', { name: 'email' }).check()
  await page.getByRole('checkbox', { name: 'phone' }).check()
  await click(page, 'Update Schema')
  await page.getByText('The schema is updated.').waitFor()

  await page.getByRole('tab', { name: 'Overview' }).click()
  await go(page, 'Add a destination')
  await click(page, 'Next')
  const preview = page.getByRole('region', { name: 'Preview' })
  await preview.getByText('75 %').waitFor()
  await preview.getByText('email: no @; phone: empty (1)').waitFor()
  await click(page, 'Save List and Schema')

  await click(page, 'Activate')
  await page.getByRole('region', { name: 'Runs' }).getByText('activation').waitFor()
  await page.getByRole('region', { name: 'Destinations' }).getByText('In step.').waitFor()
  const [sync] = (await journey.must('GET', '/v1/syncs')).items
  expect(await journey.emails(sync.list.id)).toEqual(hashed(['anna', 'ben', 'cleo']))

  await go(page, 'Person')
  await page.getByLabel('Member id, e-mail or phone').fill(' Anna@Example.test ')
  await until(async () => {
    await click(page, 'Look up')
    return page.getByText('In the list: the platform has confirmed it.').isVisible()
  })
  expect(page.url()).not.toContain('nna')
  await page.getByLabel('Member id, e-mail or phone').fill('dora')
  await click(page, 'Look up')
  await page.getByText('email: no @; phone: empty').waitFor()
}, 120_000)
