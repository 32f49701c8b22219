import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { z } from 'zod'
import { call } from '../demo/api.ts'
import { findChromium } from './find-chromium.ts'
import { setUpScene } from './scene.ts'

/*
 * Takes the pictures of the documents, of a fresh `npm start` that runs meanwhile: it reads PORT and DATA_DIR as that
 * does, makes an audience whose leaves are held, and goes through the pages.
 */

const base = `http://127.0.0.1:${process.env.PORT ?? '3000'}`
const dataDir = process.env.DATA_DIR ?? '.data'
const key = readFileSync(join(dataDir, 'admin-api-key'), 'utf8').trim()
const folder = join(import.meta.dirname, '../../docs/images')

const demo = z
  .object({ sourceId: z.string(), destinationId: z.string(), audienceId: z.string(), syncId: z.string() })
  .parse(JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')))

const ids = z.object({ items: z.array(z.object({ id: z.string() })) })
const runsPath = `/v1/audiences/${demo.audienceId}/runs?limit=200`
const firstRun = (await call({ baseUrl: base, key }, { method: 'GET', path: runsPath }, ids)).items.at(-1)?.id
const { heldRun, eventSync } = await setUpScene({ baseUrl: base, key }, demo)
const audience = `/audiences/${demo.audienceId}`

const pages: Record<string, string> = {
  home: '/',
  audiences: '/audiences',
  'create-audience': '/audiences/new',
  overview: audience,
  schema: `${audience}/schema`,
  'list-sync': `${audience}/syncs`,
  configuration: `${audience}/configuration`,
  logs: `${audience}/logs`,
  'choose-list': `${audience}/map/new`,
  'map-schema': `${audience}/map/${demo.syncId}`,
  'event-sync': eventSync,
  run: `/runs/${firstRun}`,
  held: `/runs/${heldRun}`,
  destination: `/destinations/${demo.destinationId}`,
  'connect-destination': '/destinations/new',
  'connect-source': '/sources/new',
  source: `/sources/${demo.sourceId}`,
  keys: '/keys',
}

const { path, env, args } = await findChromium()
const known = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
const browser = await chromium.launch({
  executablePath: path,
  env: Object.fromEntries(known),
  args: ['--no-sandbox', ...args],
})
mkdirSync(folder, { recursive: true })
const wide = await signIn(browser, { viewport: { width: 1280, height: 800 }, colorScheme: 'light' })
for (const [name, place] of Object.entries(pages)) await take(wide, name, place)
await wide.goto(`${base}/person`)
await wide.getByLabel('Member id, e-mail or phone').fill('P000007')
await wide.getByRole('button', { name: 'Look up' }).click()
await wide.getByText('by audience and destination').waitFor()
await wide.screenshot({ path: join(folder, 'person.png') })

const narrow = await signIn(browser, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
await take(narrow, 'phone', audience)
await browser.close()

async function signIn(on: Browser, options: BrowserContextOptions): Promise<Page> {
  const page = await (await on.newContext({ ...options, reducedMotion: 'reduce' })).newPage()
  await page.goto(base)
  await page.getByRole('textbox', { name: 'API key' }).waitFor()
  if (options.colorScheme === 'light') await page.screenshot({ path: join(folder, 'sign-in.png') })
  await page.getByRole('textbox', { name: 'API key' }).fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  return page
}

async function take(page: Page, name: string, place: string): Promise<void> {
  await page.goto(base + place)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('load')
  while ((await page.locator('[aria-busy=true], [aria-label=Loading]').count()) > 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
  await new Promise((resolve) => setTimeout(resolve, 800)) // what is drawn last, the chart, has come
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
