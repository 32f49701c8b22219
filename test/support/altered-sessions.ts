import { createServer } from 'node:http'

/** What Meta says of an upload session. */
export type Session = Record<string, string>

/**
 * Stands between a deployment and its sandbox and passes everything on, save that upload sessions are read back as `alter`
 * makes them: a platform that counts otherwise than it took.
 */
export async function alterSessions(sandboxUrl: () => string) {
  let alter = (session: Session): Session => session
  const server = createServer(async (request, response) => {
    const body: Buffer[] = []
    for await (const chunk of request) body.push(chunk)
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const answer = await fetch(sandboxUrl() + request.url, {
      method: request.method ?? 'GET',
      headers: Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
      ...(body.length > 0 && { body: Buffer.concat(body) }),
    }).catch(() => undefined)
    if (!answer) return response.destroy()
    const text = await answer.text()
    const told = /\/sessions\?/.test(request.url ?? '') && answer.ok ? altered(text) : text
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    return response.end(told)
  })
  const altered = (text: string) => {
    const page: { data: Session[] } = JSON.parse(text)
    return JSON.stringify({ ...page, data: page.data.map((session) => alter(session)) })
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    set: (next: (session: Session) => Session) => {
      alter = next
    },
    close: () => server.close(),
  }
}
