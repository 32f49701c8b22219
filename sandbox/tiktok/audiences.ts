import type { Answer } from '../platform.ts'
import { describeAudience, describeDetails, isProcessing, note, settle } from './audience-state.ts'
import { invalid, notEditable, ok } from './envelope.ts'
import type { Context } from './operation.ts'
import { advertiser, audienceOf, id, ids, text, whole } from './operation.ts'
import type { Account, Audience, TikTokState } from './state.ts'
import { emptyRows } from './state.ts'

const LONGEST_NAME = 128
const MOST_IDS = 100
const LARGEST_PAGE = 100

/** `/segment/audience/`: makes or deletes an audience that takes members by streaming. */
export function changeAudience(context: Context): Answer {
  const { input } = context
  const account = advertiser(context, id(input, 'advertiser_id'))
  if (input.action === 'create') return createAudience(context, account)
  if (input.action !== 'delete') throw invalid('action: Must be one of create, delete')
  forget(audienceOf(context, account, id(input, 'audience_id')))
  return ok({})
}

function createAudience({ state, input }: Context, account: Account): Answer {
  const now = state.clock.now()
  const audience: Audience = {
    id: state.newId(),
    accountId: account.id,
    name: text(input, 'custom_audience_name', LONGEST_NAME),
    createdAt: now,
    changedAt: now,
    contentAt: null,
    processingUntil: now + account.processingSeconds * 1_000,
    coverNum: 0,
    history: [],
    deleted: false,
    rows: emptyRows(),
  }
  note(state, audience, 'CREATE')
  state.audiences.set(audience.id, audience)
  return ok({ audience_id: audience.id })
}

/** Newest first. */
export function listAudiences(context: Context): Answer {
  const { state, input } = context
  const account = advertiser(context, id(input, 'advertiser_id'))
  const wanted = input.custom_audience_ids === undefined ? undefined : ids(input, 'custom_audience_ids', MOST_IDS)
  const page = whole(input, 'page', 1, 1_000_000)
  const pageSize = whole(input, 'page_size', 10, LARGEST_PAGE)
  const found = living(state, account).filter((audience) => wanted === undefined || wanted.includes(audience.id))
  const shown = found.slice((page - 1) * pageSize, page * pageSize)
  return ok({
    list: shown.map((audience) => describeAudience(state, audience)),
    page_info: {
      page,
      page_size: pageSize,
      total_number: found.length,
      total_page: Math.ceil(found.length / pageSize),
    },
  })
}

function living({ audiences }: TikTokState, account: Account): Audience[] {
  return [...audiences.values()].filter(({ accountId, deleted }) => accountId === account.id && !deleted).reverse()
}

/** Details of the wanted audiences; ids that are not there are left out. */
export function getAudiences(context: Context): Answer {
  const { state, input } = context
  const account = advertiser(context, id(input, 'advertiser_id'))
  const wanted = ids(input, 'custom_audience_ids', MOST_IDS)
  const historySize = whole(input, 'history_size', 100, 100)
  const list = living(state, account)
    .filter((audience) => wanted.includes(audience.id))
    .map((audience) => ({
      audience_details: describeDetails(state, account, audience),
      audience_history: audience.history.slice(0, historySize),
    }))
  return ok({ list })
}

/** Renames. An audience without a size yet, or one in processing, cannot be edited. */
export function updateAudience(context: Context): Answer {
  const { state, input } = context
  const account = advertiser(context, id(input, 'advertiser_id'))
  const audience = audienceOf(context, account, id(input, 'custom_audience_id'))
  if (input.file_paths !== undefined) throw invalid('file_paths: the sandbox serves no files')
  const name = text(input, 'custom_audience_name', LONGEST_NAME)
  settle(state, audience)
  if (isProcessing(audience, state.clock.now()) || audience.coverNum === 0) throw notEditable()
  audience.name = name
  note(state, audience, 'UPDATE')
  return ok({})
}

/** All of them or, when one is not there, none. */
export function deleteAudiences(context: Context): Answer {
  const { input } = context
  const account = advertiser(context, id(input, 'advertiser_id'))
  const audiences = ids(input, 'custom_audience_ids', MOST_IDS).map((wanted) => audienceOf(context, account, wanted))
  for (const audience of audiences) forget(audience)
  return ok({})
}

export function forget(audience: Audience): void {
  audience.deleted = true
  audience.rows = emptyRows()
}

export function readAdvertisers(context: Context): Answer {
  const accounts = ids(context.input, 'advertiser_ids', MOST_IDS).map((wanted) => advertiser(context, wanted))
  const list = accounts.map(({ id: advertiserId, createdAt }) => ({
    advertiser_id: advertiserId,
    name: `Sandbox advertiser ${advertiserId}`,
    status: 'STATUS_ENABLE',
    currency: 'USD',
    timezone: 'UTC',
    create_time: Math.floor(createdAt / 1_000),
  }))
  return ok({ list })
}
