import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isPublicAddress, post, publicLookup, reach } from '../../destinations/outbound.ts'
import { failureFrom } from './open.ts'
import { startRecorder } from './recorder.ts'

const guarded = {
  baseUrl: 'http://unused.test',
  sandbox: false,
  allowPrivate: false,
  signal: new AbortController().signal,
  timeoutMs: 5_000,
}
const free = { ...guarded, allowPrivate: true }
const sent = (url: string, way = guarded) => post({ url, headers: {}, body: Buffer.from('{}') }, way)

async function recorder(...[reply]: Parameters<typeof startRecorder>) {
  const started = await startRecorder(reply)
  onTestFinished(() => started.close())
  return started
}

describe('an address', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'behind a provider'],
    ['169.254.169.254', 'metadata of a cloud'],
    ['168.63.129.16', "a host's agent"],
    ['0.0.0.0', 'this host'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['192.0.2.1', 'documentation'],
    ['198.18.0.1', 'benchmarks'],
    ['::', 'this host'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'IPv4 in IPv6'],
    ['::ffff:a9fe:a9fe', 'IPv4 in IPv6'],
    ['::127.0.0.1', 'IPv4 in IPv6, the old way'],
    ['64:ff9b::7f00:1', 'NAT64'],
    ['64:ff9b:1::a00:1', 'NAT64 of a network'],
    ['2002:7f00:1::', '6to4'],
    ['2001:0:7f00:1::', 'Teredo'],
    ['fc00::1', 'private'],
    ['fd00:ec2::254', 'metadata of a cloud'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['', 'nothing'],
    ['example.test', 'a name'],
  ])('%s is not public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )
})

describe('a name', () => {
  type Found = { address: string; family: number }[]
  /** What is dialled for a name of these addresses. */
  const dialled = (addresses: readonly string[], all: boolean) =>
    new Promise<Found | string>((found, failed) => {
      const answer: Found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      const resolver = (_: string, __: unknown, tell: (error: null, addresses: Found) => void) => tell(null, answer)
      // only the form of the resolver that is used is there
      publicLookup(Object.assign(resolver, { __promisify__: async () => answer[0] ?? '' }) as never)(
        'name.test',
        { all },
        (error, address) => (error ? failed(error) : found(address)),
      )
    })

  it('is dialled at the addresses that were looked at', async () => {
    expect(await dialled(['8.8.8.8', '2606:4700::1'], true)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ])
    expect(await dialled(['8.8.8.8', '1.1.1.1'], false)).toBe('8.8.8.8')
  })

  it.each([
    [['10.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['8.8.8.8', '::1']],
    [['2606:4700::1', '::ffff:169.254.169.254']],
    [['64:ff9b::a9fe:a9fe']],
  ])('of %j is refused as a whole', async (addresses) => {
    for (const all of [true, false])
      await expect(dialled(addresses, all)).rejects.toMatchObject({ kind: 'config', code: 'private-address' })
  })

  it('that leads to this machine is never dialled', async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections++
      socket.destroy()
    }).listen(0)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const port = Object(server.address()).port
    const failure = await failureFrom(sent(`https://localhost:${port}/`))
    expect(failure).toMatchObject({ kind: 'config', code: 'private-address' })
    expect(failure.message).toContain('ALLOW_PRIVATE_WEBHOOKS=on')
    expect(await failureFrom(reach(`https://localhost:${port}/`, guarded))).toMatchObject({ code: 'private-address' })
    expect(connections).toBe(0)
    expect(await failureFrom(sent(`https://localhost:${port}/`, free))).toMatchObject({ kind: 'retry' })
    expect(connections).toBe(1)
  })

  it('that does not exist is told', async () => {
    expect(await failureFrom(reach('https://nobody.invalid/', guarded))).toMatchObject({ kind: 'config' })
    expect(await failureFrom(sent('https://nobody.invalid/'))).toMatchObject({ kind: 'retry' })
  })
})

describe('a request to an address that a user gave', () => {
  it.each([
    'https://127.0.0.1/',
    'https://0177.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://127.1/',
    'https://0/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0251.0376.0251.0376/',
    'https://2852039166/',
    'https://[fd00:ec2::254]/',
    'https://127。0。0。1/',
    'https://①27.0.0.1/',
  ])('%s is refused', async (url) => {
    expect(await failureFrom(sent(url))).toMatchObject({ kind: 'config', code: 'private-address' })
    expect(await failureFrom(reach(url, guarded))).toMatchObject({ kind: 'config', code: 'private-address' })
  })

  it('does not travel in the open', async () => {
    expect(await failureFrom(sent('http://8.8.8.8/'))).toMatchObject({ kind: 'config', code: 'plain-http' })
  })

  it('of a sandbox account reaches the sandbox and no other private address', async () => {
    const [sandbox, other] = [await recorder(() => ({})), await recorder(() => ({}))]
    const way = { ...guarded, sandbox: true, baseUrl: `${sandbox.url}/webhook` }
    expect(await sent(`${sandbox.url}/x`, way)).toMatchObject({ status: 200 })
    expect(await failureFrom(sent(`${other.url}/x`, way))).toMatchObject({ kind: 'config' })
    expect(await failureFrom(sent(`${sandbox.url}/x`, { ...way, sandbox: false }))).toMatchObject({ kind: 'config' })
    expect([sandbox.requests.length, other.requests.length]).toEqual([1, 0])
  })

  it.each([301, 302, 303, 307, 308])('is not sent on by a redirect of %d', async (status) => {
    const inside = await recorder(() => ({}))
    const outside = await recorder(() => ({ status, headers: { location: `${inside.url}/secret` }, text: '' }))
    expect(await sent(outside.url, free)).toMatchObject({ status })
    expect(inside.requests).toHaveLength(0)
  })

  it('that nobody answers is cut off', async () => {
    const silent = await recorder(() => undefined)
    expect(await failureFrom(sent(silent.url, { ...free, timeoutMs: 200 }))).toMatchObject({
      kind: 'retry',
      code: 'timeout',
    })
  })

  it('counts by the status where the rest of the answer never ends', async () => {
    const ended: Promise<unknown>[] = []
    const slow = await recorder((_, response) => {
      response.writeHead(202)
      const drip = setInterval(() => response.write('.'), 20)
      ended.push(once(response, 'close').then(() => clearInterval(drip)))
      return undefined
    })
    expect(await sent(slow.url, { ...free, timeoutMs: 300 })).toMatchObject({ status: 202 })
    await ended[0]
  })

  it('reads little of an answer of a gigabyte', async () => {
    const GIGABYTE = 1_000_000_000
    let written = 0
    const ended: Promise<unknown>[] = []
    const huge = await recorder((_, response) => {
      response.writeHead(200, { 'content-length': String(GIGABYTE) })
      const part = Buffer.alloc(64 * 1024)
      const more = () => {
        while (written < GIGABYTE && !response.destroyed) {
          written += part.length
          if (!response.write(part)) break
        }
      }
      response.on('drain', more)
      ended.push(once(response, 'close'))
      more()
      return undefined
    })
    expect(await sent(huge.url, free)).toMatchObject({ status: 200 })
    await ended[0]
    // what the network's own buffers took
    expect(written).toBeLessThan(GIGABYTE / 20)
  })
})
