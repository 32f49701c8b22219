import { pick, pixelFields } from './fields.ts'
import type { Context, Outcome } from './operation.ts'
import { page } from './paging.ts'
import { text } from './parameters.ts'

/** Every ad account here has one dataset. */
export function readPixel({ account, parameters }: Context): Outcome {
  return { body: pick(account, pixelFields, { wanted: text(parameters, 'fields'), type: 'AdsPixel' }) }
}

export function listPixels(context: Context): Outcome {
  const { account, parameters, address } = context
  const render = () => ({ ...pick(account, pixelFields, { wanted: text(parameters, 'fields'), type: 'AdsPixel' }) })
  return { body: page([account], { idOf: ({ pixelId }) => pixelId, render, limit: 25 }, parameters, address) }
}
