import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export type Recorded = {
  method: string
  path: string
  query: Record<string, string>
  headers: IncomingMessage['headers']
  text: string
  body: unknown
}
export type Reply = { status?: number; headers?: Record<string, string>; json?: unknown; text?: string }
type Replier = (request: Recorded, response: ServerResponse) => Reply | undefined

/** A server on a free port that keeps each request and answers what the test says; no reply means that the test answers. */
export async function startRecorder(reply: Replier) {
  const requests: Recorded[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const url = new URL(request.url ?? '/', 'http://recorder.test')
    const text = Buffer.concat(parts).toString('utf8')
    const recorded: Recorded = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      text,
      body: request.headers['content-type']?.includes('json') && text !== '' ? JSON.parse(text) : undefined,
    }
    requests.push(recorded)
    const answer = reply(recorded, response)
    if (!answer) return
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
    response.end(answer.text ?? JSON.stringify(answer.json))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The recorder has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close() {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
