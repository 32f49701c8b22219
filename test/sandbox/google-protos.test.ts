import { describe, expect, it } from 'vitest'
import { ingestEventsRequest } from '../../sandbox/google/event-shapes.ts'
import type { Field, Shape } from '../../sandbox/google/message.ts'
import { ingestRequest, removeRequest, userList } from '../../sandbox/google/shapes.ts'
import { byEmail, google, ingest, listsPath, newGoogleAccount, newList, remove, statusOf } from './support/google.ts'
import { loadProtos } from './support/google-protos.ts'
import { useSandbox } from './support/sandbox.ts'

const protos = loadProtos()
const sandbox = useSandbox()

/** What differs between a message of the sandbox and the vendor's. */
function differences(shape: Shape, within = ''): string[] {
  const { node, at } = protos.find(shape.name, within)
  const theirs = Object.keys(node.fields ?? {}).sort()
  const ours = Object.keys(shape.fields).sort()
  const names = theirs.join() === ours.join() ? [] : [`${shape.name}: ${ours} are not ${theirs}`]
  return [
    ...names,
    ...Object.entries(shape.fields).flatMap(([name, field]) => {
      const known = node.fields?.[name]
      if (known === undefined) return []
      const inner = field.type === 'list' ? field.of : field
      const isList = (known.rule === 'repeated') === (field.type === 'list')
      return [...(isList ? [] : [`${shape.name}.${name} is a list, or is none`]), ...ofType(inner, known.type, at)]
    }),
  ]
}

function ofType(field: Field, type: string, within: string): string[] {
  switch (field.type) {
    case 'message':
      return field.shape.name === type ? differences(field.shape, within) : [`${field.shape.name} is not ${type}`]
    case 'enum': {
      const values = Object.entries(protos.find(type, within).node.values ?? {})
      const theirs = values.sort(([, one], [, other]) => one - other).map(([name]) => name)
      return theirs.join() === field.values.join() ? [] : [`${type}: ${field.values} are not ${theirs}`]
    }
    case 'duration':
      return type === 'google.protobuf.Duration' ? [] : [`${type} is no duration`]
    case 'timestamp':
      return type === 'google.protobuf.Timestamp' ? [] : [`${type} is no timestamp`]
    case 'ignored':
      return []
    default:
      return type === field.type ? [] : [`${field.type} is not ${type}`]
  }
}

describe("the vendor's protos", () => {
  it.each([ingestRequest, ingestEventsRequest, removeRequest, userList])('know $name as the sandbox does', (shape) => {
    expect(differences(shape)).toEqual([])
  })

  it('fit the requests of these tests and the answers of the sandbox', async () => {
    const account = await newGoogleAccount(sandbox, { consent_required: true })
    const list = await newList(sandbox, account)
    const kinds = [
      { uploadKeyTypes: ['MOBILE_ID'], mobileIdInfo: { keySpace: 'IOS', appId: 'x' } },
      { uploadKeyTypes: ['USER_ID'], userIdInfo: {} },
    ]
    for (const ingestedUserListInfo of kinds) await newList(sandbox, account, { ingestedUserListInfo })
    await sandbox.control('POST', `/google/lists/${list}/close`)
    const { body: lists } = await google(sandbox, account, 'GET', `${listsPath(account)}?pageSize=2`)
    expect(protos.misfits('ListUserListsResponse', lists)).toEqual([])
    expect(lists.userLists).toHaveLength(2)
    await sandbox.control('POST', `/google/lists/${list}/open`)

    const [anna, ...others] = byEmail(...Array.from({ length: 120 }, (_, index) => String(index)))
    const added = ingest(account, list, [{ ...anna, consent: { adUserData: 'CONSENT_DENIED' } }, ...others])
    const removed = remove(account, list, byEmail('1'))
    expect(protos.misfits('IngestAudienceMembersRequest', added)).toEqual([])
    expect(protos.misfits('RemoveAudienceMembersRequest', removed)).toEqual([])
    const send = async (path: string, body: object) => (await google(sandbox, account, 'POST', path, body)).body
    const answers = [await send('/v1/audienceMembers:ingest', added), await send('/v1/audienceMembers:remove', removed)]
    expect(protos.misfits('IngestAudienceMembersResponse', answers[0])).toEqual([])
    expect(protos.misfits('RemoveAudienceMembersResponse', answers[1])).toEqual([])

    const statuses = []
    for (const advance of ['0s', '2s']) {
      await sandbox.control('POST', '/clock', { platform: 'google', advance })
      for (const { requestId } of answers) statuses.push((await statusOf(sandbox, account, requestId)).body)
    }
    expect(statuses.flatMap((status) => protos.misfits('RetrieveRequestStatusResponse', status))).toEqual([])
    expect(JSON.stringify(statuses)).toContain('PROCESSING_ERROR_REASON_DENIED_CONSENT')
  })

  it('would be missed by a wrong answer', () => {
    const status = { requestStatus: 'DONE', errorInfo: { errorCounts: [{ recordCount: 3 }] }, extra: 1 }
    expect(protos.misfits('RetrieveRequestStatusResponse', { requestStatusPerDestination: [status] })).toHaveLength(3)
  })
})
