import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Role } from '../../../db/schema/api-key.ts'
import { findChromium } from '../../../scripts/screenshots/find-chromium.ts'
import { bundleConsole } from '../../../scripts/stack/console-bundle.ts'
import { cacheFolder } from '../../../scripts/stack/temporal-cli.ts'
import { until } from '../../support/deployment.ts'
import { type Journey, useJourney } from '../../support/journey.ts'

export type Console = {
  journey: Journey
  /** A page of a browser profile of its own, not signed in. */
  open: (more?: Parameters<Browser['newContext']>[0]) => Promise<Page>
  /** The same, signed in by typing a key of this role. */
  signIn: (role: Role, more?: Parameters<Browser['newContext']>[0]) => Promise<Page>
}

/** The built console in a real browser, over a deployment of the test file's own. No page may complain in its console. */
export function useConsole(): Console {
  const journey = useJourney({ console: () => bundleConsole(join(cacheFolder(process.env), 'bundles')) })
  let browser: Browser
  const contexts: BrowserContext[] = []
  const complaints: string[] = []
  beforeAll(async () => {
    const { path, env, args } = await findChromium()
    browser = await chromium.launch({ executablePath: path, env: stringsOf(env), args: ['--no-sandbox', ...args] })
  }, 120_000)
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
    expect(complaints.splice(0)).toEqual([])
  })
  afterAll(() => browser?.close())

  const open: Console['open'] = async (more) => {
    const context = await browser.newContext({ baseURL: journey.url, viewport: { width: 1280, height: 900 }, ...more })
    contexts.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(journey.url) && !request.url().startsWith('data:')) complaints.push(request.url())
    })
    page.on('console', (message) => {
      // A refused call is told by the page itself; what the policy blocks and what React finds wrong is told here.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text())
    })
    return page
  }
  return {
    journey,
    open,
    signIn: async (role, more) => {
      const { key } = await journey.must('POST', '/v1/api-keys', { name: `a person, ${role}`, role })
      const page = await open(more)
      await page.goto('/')
      await typeKey(page, key)
      await page.getByRole('heading', { name: 'Home' }).waitFor()
      return page
    },
  }
}

export async function typeKey(page: Page, key: string): Promise<void> {
  await page.getByRole('textbox', { name: 'API key' }).fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** When a page shows all that it has asked for. */
export async function loaded(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await until(async () => (await page.locator('[aria-busy=true], [aria-label=Loading]').count()) === 0)
}

const stringsOf = (env: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
