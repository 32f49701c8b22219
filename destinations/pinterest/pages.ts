import { z } from 'zod'
import { ITEMS_PER_PAGE } from './api.ts'
import { ask } from './calls.ts'
import type { PinterestConnection } from './connection.ts'

/** So many pages are looked through at the most: Pinterest has no search of its own. */
const MOST_PAGES = 50

export type Collection<S extends z.ZodType> = { readonly path: '/customer_lists' | '/audiences'; readonly item: S }

/** One page of what the ad account has, and the bookmark of the next. */
export async function readPage<S extends z.ZodType>(
  connection: PinterestConnection,
  { path, item }: Collection<S>,
  { after, size = ITEMS_PER_PAGE }: { after?: string | undefined; size?: number },
): Promise<{ items: z.output<S>[]; next: string | undefined }> {
  const { items, bookmark } = await ask(connection, {
    method: 'GET',
    path,
    query: { page_size: String(Math.min(size, ITEMS_PER_PAGE)), ...(after !== undefined && { bookmark: after }) },
    subject: 'account',
    reply: z.object({ items: z.array(item), bookmark: z.string().nullish().catch(undefined) }),
  })
  return { items, next: bookmark || undefined }
}

/** The first that fit, through all pages. */
export async function firstOfAll<S extends z.ZodType>(
  connection: PinterestConnection,
  collection: Collection<S>,
  most: number,
  fits: (item: z.output<S>) => boolean,
): Promise<z.output<S>[]> {
  const found: z.output<S>[] = []
  let after: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await readPage(connection, collection, { after })
    found.push(...page.items.filter(fits))
    if (found.length >= most || page.next === undefined) break
    after = page.next
  }
  return found.slice(0, most)
}
