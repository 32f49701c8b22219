import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStore } from '../../sandbox/keep/store.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { send, sha256, upload, version } from './support/sandbox.ts'

let folder: string
const ends: (() => unknown)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-kept-'))
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  rmSync(folder, { recursive: true, force: true })
})

/** A sandbox over the folder, in this process, with the calls that the tests make. */
async function open() {
  const running = await startSandbox({ port: 0, dataDir: folder })
  ends.push(() => running.close().catch(() => {}))
  return { ...callsOf(running.url), close: () => running.close() }
}

function callsOf(url: string) {
  const control = (method: string, path: string, body?: unknown) => send(`${url}/_sandbox${path}`, method, {}, body)
  const meta = (token: string, method: string, path: string, body?: unknown) =>
    send(`${url}/meta/${version}${path}`, method, { authorization: `Bearer ${token}` }, body)
  return {
    control,
    meta,
    newAccount: async () => {
      const { body } = await control('POST', '/accounts', { platform: 'meta' })
      return { id: String(body.settings.ad_account_id), token: String(body.credentials.access_token) }
    },
    newList: async (account: { id: string; token: string }, more: object = {}) => {
      const definition = { name: 'Buyers', subtype: 'CUSTOM', customer_file_source: 'USER_PROVIDED_ONLY', ...more }
      const { body } = await meta(account.token, 'POST', `/act_${account.id}/customaudiences`, definition)
      return String(body.id)
    },
    held: async (list: string) => (await control('GET', `/meta/lists/${list}?limit=10000`)).body,
  }
}

it('goes on after a restart where it ended', async () => {
  const first = await open()
  const account = await first.newAccount()
  await first.control('PATCH', `/accounts/${account.id}`, {
    tier: 'advanced',
    permissions: ['ads_read', 'ads_management'],
  })
  await first.control('POST', '/clock', { platform: 'meta', advance: '3h' })
  const list = await first.newList(account, { description: 'of the shop', is_value_based: true })
  const gone = await first.newList(account)
  const flagged = await first.newList(account)
  const odd = ['u\u001e1', 'ü\n2', '"3\\', '\u001f\u001d4']
  const rows = odd.map((id, at) => [id, sha256(`${at}@example.test`), at])
  const session = { session_id: 77, batch_seq: 1, last_batch_flag: true }
  await first.meta(
    account.token,
    'POST',
    `/${list}/users`,
    upload(['EXTERN_ID', 'EMAIL', 'LOOKALIKE_VALUE'], rows, session),
  )
  await first.meta(account.token, 'DELETE', `/${list}/users`, upload(['EXTERN_ID'], [[odd[1]]]))
  await first.meta(account.token, 'DELETE', `/${gone}`)
  await first.control('POST', `/meta/lists/${flagged}/flag`)
  const seen = {
    held: await first.held(list),
    accounts: (await first.control('GET', '/accounts')).body,
    lists: (
      await first.meta(
        account.token,
        'GET',
        `/act_${account.id}/customaudiences?fields=id,name,description,operation_status,time_created,is_value_based`,
      )
    ).body,
  }
  expect(seen.held.members).toHaveLength(3)
  await first.close()

  const second = await open()
  expect(await second.held(list)).toEqual(seen.held)
  expect((await second.control('GET', '/accounts')).body).toEqual(seen.accounts)
  expect(
    (
      await second.meta(
        account.token,
        'GET',
        `/act_${account.id}/customaudiences?fields=id,name,description,operation_status,time_created,is_value_based`,
      )
    ).body,
  ).toEqual(seen.lists)
  expect((await second.control('GET', '/clock')).body.clocks).toContainEqual(
    expect.objectContaining({ platform: 'meta', ahead_seconds: 3 * 3600 }),
  )
  // The session is finished and known: its batch may come again, a new one may not.
  const again = await second.meta(
    account.token,
    'POST',
    `/${list}/users`,
    upload(['EXTERN_ID', 'EMAIL', 'LOOKALIKE_VALUE'], [rows[0]], session),
  )
  expect(again.body).toMatchObject({ session_id: '77', num_received: 5 })
  const late = await second.meta(
    account.token,
    'POST',
    `/${list}/users`,
    upload(['EXTERN_ID', 'EMAIL', 'LOOKALIKE_VALUE'], [rows[0]], { ...session, batch_seq: 2 }),
  )
  expect(late.body.error).toMatchObject({ code: 2650, error_subcode: 1870159 })
  // The index over strong identifiers is there again as well.
  await second.meta(account.token, 'DELETE', `/${list}/users`, upload(['EMAIL'], [[sha256('0@example.test')]]))
  expect((await second.held(list)).members).toHaveLength(2)
  const edit = await second.meta(account.token, 'POST', `/${gone}/users`, upload(['EXTERN_ID'], [['x']]))
  expect(edit.body.error.code).toBe(1487366)
})

it('lets a replace that was running go on, and forgets one that ran out of time', async () => {
  const first = await open()
  const account = await first.newAccount()
  const list = await first.newList(account)
  await first.meta(account.token, 'POST', `/${list}/users`, upload(['EXTERN_ID'], [['old']]))
  const part = (batch_seq: number, last_batch_flag: boolean) => ({
    session_id: 5,
    batch_seq,
    last_batch_flag,
    estimated_num_total: 2,
  })
  await first.meta(account.token, 'POST', `/${list}/usersreplace`, upload(['EXTERN_ID'], [['new 1']], part(1, false)))
  await first.close()

  const second = await open()
  expect((await second.held(list)).members).toEqual([{ EXTERN_ID: 'old' }])
  const ended = await second.meta(
    account.token,
    'POST',
    `/${list}/usersreplace`,
    upload(['EXTERN_ID'], [['new 2']], part(2, true)),
  )
  expect(ended.status).toBe(200)
  await second.close()

  const third = await open()
  expect((await third.held(list)).members).toEqual([{ EXTERN_ID: 'new 1' }, { EXTERN_ID: 'new 2' }])
})

it('forgets a platform for good when it is told to', async () => {
  const first = await open()
  const account = await first.newAccount()
  await first.newList(account)
  await first.control('DELETE', '/meta')
  await first.close()
  const second = await open()
  expect((await second.control('GET', '/accounts')).body).toEqual({ accounts: [] })
  expect((await second.control('GET', '/meta/lists')).body.lists).toEqual([])
})

it('has every row that was answered after kill -9 in the middle of uploads', async () => {
  const start = async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'sandbox/main.ts', '--port', '0', '--data-dir', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    ends.push(() => child.kill('SIGKILL'))
    const [line] = await once(child.stdout, 'data')
    return { child, ...callsOf(/http:\/\/[\d.]+:\d+/.exec(String(line))?.[0] ?? '') }
  }
  const first = await start()
  const account = await first.newAccount()
  const list = await first.newList(account)
  const answered: string[] = []
  let stopped = false
  const sender = async (name: number) => {
    for (let at = 0; !stopped; at++) {
      const ids = Array.from({ length: 2_000 }, (_, n) => `${name}-${at}-${n}`)
      const { status } = await first.meta(
        account.token,
        'POST',
        `/${list}/users`,
        upload(
          ['EXTERN_ID'],
          ids.map((id) => [id]),
        ),
      )
      if (status === 200) answered.push(...ids)
      if (answered.length > 30_000) first.child.kill('SIGKILL')
    }
  }
  await Promise.all(
    [1, 2, 3].map((name) =>
      sender(name).catch(() => {
        stopped = true
      }),
    ),
  )

  const second = await start()
  const held = new Set<string>()
  for (let after = 0; ; ) {
    const { body } = await second.control('GET', `/meta/lists/${list}?limit=10000&after=${after}`)
    for (const member of body.members) held.add(member.EXTERN_ID)
    if (body.next === null) break
    after = body.next
  }
  expect(answered.filter((id) => !held.has(id))).toEqual([])
}, 60_000)

it('takes a last line that was torn for what was never finished, and goes on', async () => {
  const first = await open()
  const account = await first.newAccount()
  await first.close()
  appendFileSync(join(folder, 'meta.journal'), `["d","account","9",{"id":"9"}]\n["d","account","8",{"id":"8","acc`)
  const second = await open()
  const list = await second.newList(account)
  await second.close()
  const third = await open()
  expect((await third.control('GET', '/accounts')).body.accounts).toMatchObject([{ id: account.id }])
  expect((await third.control('GET', '/meta/lists')).body.lists).toEqual([{ id: list, name: 'Buyers', count: 0 }])
})

it.each([
  ['damage in the middle', (text: string) => text.replace('["d"', '["d'), /line 2 is damaged/],
  ['the file of something else', () => 'hello\n', /does not begin as this release/],
])('refuses %s in one sentence that names the file', async (_, damage, expected) => {
  const first = await open()
  await first.newAccount()
  await first.close()
  const file = join(folder, 'meta.journal')
  writeFileSync(file, damage(readFileSync(file, 'utf8')))
  const refused = startSandbox({ port: 0, dataDir: folder })
  await expect(refused).rejects.toThrow(expected)
  await expect(refused).rejects.toThrow(file)
  // The folder is free again.
  rmSync(file)
  await open()
})

it('refuses a folder that another sandbox has', async () => {
  writeFileSync(join(folder, 'sandbox.pid'), String(process.ppid))
  await expect(startSandbox({ port: 0, dataDir: folder })).rejects.toThrow(
    `the sandbox of process ${process.ppid} has it`,
  )
})

it('does not let its file grow with what is gone', () => {
  const store = openStore(folder, 'meta')
  const rows = store.rows('r', () => true)
  const value = 'v'.repeat(1_000)
  for (let turn = 0; turn < 30; turn++) {
    for (let n = 0; n < 1_000; n++) rows.add([['EXTERN_ID', `${n} ${value}`]])
    store.keep('note', 'turn', turn)
    store.commit()
    if (turn < 29) for (let n = 0; n < 1_000; n++) rows.remove([['EXTERN_ID', `${n} ${value}`]])
  }
  store.close()
  expect(statSync(join(folder, 'meta.journal')).size).toBeLessThan(18 * 1024 * 1024)
  const again = openStore(folder, 'meta')
  expect(again.documents('note')).toEqual([29])
  expect(again.rows('r', () => true).size).toBe(1_000)
  again.close()
})
