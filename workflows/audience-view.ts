import { defineSearchAttributeKey } from '@temporalio/common'
import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow'
import type { AudienceState } from '../activities/read-audience.ts'
import { searchAttributes } from './names.ts'

const audienceStatus = defineSearchAttributeKey(searchAttributes.audienceStatus, 'KEYWORD')
const lastOutcome = defineSearchAttributeKey(searchAttributes.lastOutcome, 'KEYWORD')
const nextRefreshAt = defineSearchAttributeKey(searchAttributes.nextRefreshAt, 'DATETIME')

/** What an operator sees of an audience in the Temporal UI: memo, search attributes, and the details of its page. */
export function showAudience(
  state: AudienceState,
  { outcome, ranAt, nameChanged }: { outcome: string; ranAt: number | undefined; nameChanged: boolean },
): void {
  upsertSearchAttributes([
    { key: audienceStatus, value: state.status },
    { key: lastOutcome, value: outcome.slice(0, 200) },
    { key: nextRefreshAt, value: state.nextRefreshAt === null ? null : new Date(state.nextRefreshAt) },
  ])
  if (nameChanged && state.name) upsertMemo({ audience: state.name })
  setCurrentDetails(detailsOf(state, outcome, ranAt))
}

function detailsOf(state: AudienceState, outcome: string, ranAt: number | undefined): string {
  const retry = state.wakeAt !== null && state.wakeAt !== state.nextRefreshAt
  // the box that it is shown in has six lines
  return [
    `**${inline(state.name)}** is ${state.status}. Signals: \`instantSync\`, \`pause\`, \`resume\`, without input.`,
    '',
    `- Last run: ${ranAt === undefined ? '' : `${time(ranAt)}, `}${inline(outcome)}`,
    `- Next run: ${nextRun(state)}${retry ? `; a sync is tried again ${time(state.wakeAt)}` : ''}`,
    ...state.destinations.map(({ name, state: word }) => `- ${inline(name)}: ${inline(word)}`),
    ...(state.destinations.length === 0 ? ['- No destination has a sync.'] : []),
  ].join('\n')
}

function nextRun(state: AudienceState): string {
  if (state.status === 'paused') return 'none before somebody resumes it'
  if (state.nextRefreshAt !== null) return time(state.nextRefreshAt)
  return state.status === 'active' ? 'when somebody asks' : 'none'
}

const time = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Names are typed by people; here they are words of one line, not markdown. */
const inline = (text: string) => text.replace(/\s+/g, ' ').replace(/[|*_`[\]<>\\]/g, '\\$&')
