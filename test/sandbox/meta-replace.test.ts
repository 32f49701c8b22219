import { describe, expect, it } from 'vitest'
import { sha256, upload, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const [anna, bert, cleo] = ['anna', 'bert', 'cleo'].map((name) => sha256(`${name}@example.test`)) as [
  string,
  string,
  string,
]

/** A list that holds Anna, and a way to replace it. */
async function annasList() {
  const account = await sandbox.newAccount()
  const id = await sandbox.newAudience(account)
  const users = (method: string, email: string) =>
    sandbox.meta(account, method, `/${id}/users`, upload(['EMAIL'], [[email]]))
  await users('POST', anna)
  return {
    users,
    replace: (session_id: number, batch_seq: number, email: string, last_batch_flag = false, schema = 'EMAIL') =>
      sandbox.meta(
        account,
        'POST',
        `/${id}/usersreplace`,
        upload([schema], [[email]], { session_id, batch_seq, last_batch_flag }),
      ),
    send: (body: object) => sandbox.meta(account, 'POST', `/${id}/usersreplace`, body),
    status: async () =>
      (await sandbox.meta(account, 'GET', `/${id}?fields=operation_status`)).body.operation_status.code,
    held: () => sandbox.held(id),
  }
}

describe('a full replace', () => {
  it('changes the list at its last batch and not before, whatever the order after the first', async () => {
    const list = await annasList()
    await list.replace(1, 1, bert)
    await list.replace(1, 3, cleo)
    await list.replace(1, 3, cleo)
    expect(await list.held()).toEqual([{ EMAIL: anna }])
    expect(await list.status()).toBe(414)
    const { body } = await list.replace(1, 2, bert, true)
    expect(body.num_received).toBe(4)
    expect(await list.held()).toEqual([{ EMAIL: bert }, { EMAIL: cleo }])
    expect(await list.status()).toBe(200)
  })

  it('makes a short upload the new truth when it is ended early', async () => {
    const list = await annasList()
    await list.replace(1, 1, bert, true)
    expect(await list.held()).toEqual([{ EMAIL: bert }])
  })

  it('needs a session and a payload', async () => {
    const list = await annasList()
    const [both, noSession] = [
      upload(['EMAIL'], [[bert]], { session_id: 1, batch_seq: 1 }),
      upload(['EMAIL'], [[bert]]),
    ]
    expect((await list.send(noSession)).body.error.code).toBe(100)
    expect((await list.send({ ...both, payload: undefined })).body.error.code).toBe(100)
    expect(await list.status()).toBe(200)
  })

  it('starts with batch 1, sent once', async () => {
    const list = await annasList()
    expect((await list.replace(1, 2, bert)).body.error).toMatchObject({ code: 2650, error_subcode: 1870147 })
    await list.replace(1, 1, bert)
    expect((await list.replace(1, 1, bert)).body.error).toMatchObject({ code: 2650, error_subcode: 1870145 })
  })

  it('runs alone: no second replace, no adding, no removing', async () => {
    const list = await annasList()
    await list.replace(1, 1, bert)
    for (const reply of [
      await list.replace(2, 1, cleo),
      await list.users('POST', cleo),
      await list.users('DELETE', anna),
    ])
      expect(reply.body.error).toMatchObject({ code: 2650, error_subcode: 1870145 })
    await list.replace(1, 2, bert, true)
    expect((await list.users('POST', cleo)).status).toBe(200)
  })

  it('takes nothing after its last batch', async () => {
    const list = await annasList()
    await list.replace(1, 1, bert, true)
    expect((await list.replace(1, 1, cleo, true)).body.error).toMatchObject({ code: 2650, error_subcode: 1870159 })
    expect(await list.held()).toEqual([{ EMAIL: bert }])
  })

  it('fails after 90 minutes: the list stays as it was, and may be replaced anew', async () => {
    const list = await annasList()
    await list.replace(1, 1, bert)
    await sandbox.control('POST', '/clock', { platform: 'meta', advance: '89m' })
    expect(await list.status()).toBe(414)
    await sandbox.control('POST', '/clock', { platform: 'meta', advance: '1m' })
    expect(await list.status()).toBe(415)
    expect((await list.replace(1, 2, bert, true)).body.error).toMatchObject({ code: 2650, error_subcode: 1870158 })
    expect(await list.held()).toEqual([{ EMAIL: anna }])
    expect((await list.replace(2, 1, cleo, true)).status).toBe(200)
    expect(await list.held()).toEqual([{ EMAIL: cleo }])
    expect(await list.status()).toBe(200)
  })

  it('keeps one schema, and has a limit of 100 million people', async () => {
    const list = await annasList()
    const session = { session_id: 1, batch_seq: 1, estimated_num_total: 100_000_001 }
    const huge = await list.send(upload(['EMAIL'], [[bert]], session))
    expect(huge.body.error).toMatchObject({ code: 2650, error_subcode: 1870144 })
    await list.replace(1, 1, bert)
    expect((await list.replace(1, 2, sha256('1'), false, 'PHONE')).body.error.code).toBe(100)
  })
})
