import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { aSettledAudience, type Ready, sandboxAccount, takePeople } from '../support/audiences.ts'
import { loaded, typeKey, useConsole } from './support/use-console.ts'

const { journey, signIn, open } = useConsole()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let ready: Ready
let held: Ready
let heldRun = ''
let runId = ''
let sourceId = ''
let eventSyncId = ''
beforeAll(async () => {
  ready = await aSettledAudience(journey, ['a', 'b'])
  runId = (await journey.must('GET', `/v1/audiences/${ready.audienceId}/runs`)).items[0].id
  const audience = { brake: { percent: 30, minimum: 1 } }
  held = await aSettledAudience(journey, ['c', 'd', 'e'], { audience })
  await takePeople(journey, held.table, ['d', 'e'])
  heldRun = (await journey.syncNow(held.audienceId)).id
  const account = await sandboxAccount(journey, held.destinationId)
  await journey.sandbox('PATCH', `/accounts/${account}`, { token_expired: true })
  await journey.must('POST', `/v1/destinations/${held.destinationId}/check`)
  const told = {
    destinationId: ready.destinationId,
    mode: 'event',
    announceExisting: false,
    properties: { post: 'email' },
  }
  eventSyncId = (await journey.must('POST', `/v1/audiences/${ready.audienceId}/syncs`, told)).id
  sourceId = (await journey.must('GET', '/v1/sources')).items[0].id
}, 60_000)

const places = (): string[] => {
  const at = `/audiences/${ready.audienceId}`
  return [
    ...['/', '/audiences', '/audiences/new', at, `${at}/schema`, `${at}/syncs`, `${at}/configuration`, `${at}/logs`],
    ...[`${at}/events`, `${at}/events/new`, `${at}/events/${eventSyncId}`],
    ...[`${at}/map/new`, `${at}/map/${ready.syncId}`, `/runs/${runId}`, '/destinations', '/destinations/new'],
    ...[`/destinations/${ready.destinationId}`, '/sources', '/sources/new', `/sources/${sourceId}`, '/person', '/keys'],
    ...[`/runs/${heldRun}`, `/audiences/${held.audienceId}/syncs`, `/destinations/${held.destinationId}`, '/nowhere'],
  ]
}

type Finding = { id: string; impact: string; nodes: { html: string }[] }

async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const found: Finding[] = await page.evaluate('axe.run().then(({ violations }) => violations)')
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

it.each(['light', 'dark'] as const)(
  'has no serious finding of axe on any page, %s',
  async (colorScheme) => {
    const page = await signIn('admin', { colorScheme, reducedMotion: 'reduce' })
    const findings: Record<string, string[]> = {}
    for (const place of places()) {
      await page.goto(place)
      await loaded(page)
      const found = await seriousFindings(page)
      if (found.length > 0) findings[place] = found
    }
    expect(findings).toEqual({})
  },
  180_000,
)

it('has none where one signs in, where nothing is yet, and in an open question', async () => {
  const page = await signIn('operator', { reducedMotion: 'reduce' })
  await page.goto('/audiences?nothing')
  await page.getByLabel('Search by name').fill('nobody has this name')
  await page.getByText('No audience fits').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await page.goto(`/runs/${heldRun}`)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page
    .getByRole('dialog')
    .getByText(/^2 people will be removed from the list/)
    .waitFor()
  expect(await seriousFindings(page)).toEqual([])
  const before = await open({ reducedMotion: 'reduce' })
  await before.goto('/')
  await loaded(before)
  expect(await seriousFindings(before)).toEqual([])
})

it('fits a phone: no page is wider than it', async () => {
  const page = await signIn('admin', { viewport: { width: 390, height: 844 } })
  const wider: string[] = []
  for (const place of places()) {
    await page.goto(place)
    await loaded(page)
    if (await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')) wider.push(place)
  }
  expect(wider).toEqual([])
}, 120_000)

it('is reached by keyboard: to the content, and into a dot that tells why', async () => {
  const page = await signIn('viewer')
  await page.keyboard.press('Tab')
  expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('To the content')
  await page.goto('/audiences')
  const dot = page.getByRole('button', { name: /^Meta: In step\./ }).first()
  await dot.focus()
  await page.getByRole('tooltip').getByText('The list holds what the audience holds.').waitFor()
})

it('is light at its start, and asks nobody else for anything', async () => {
  const page = await open()
  const sizes: number[] = []
  page.on('response', async (response) => {
    sizes.push((await response.request().sizes()).responseBodySize)
  })
  await page.goto('/')
  await typeKey(page, journey.key)
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  await loaded(page)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  expect(bytes).toBeGreaterThan(50_000)
  expect(bytes).toBeLessThan(300_000)
})
