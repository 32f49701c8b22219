import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/**
 * Speaks just enough of Meta's API to answer an upload at once: takes any batch, remembers how many rows each session
 * was told to have, and says so when it is asked. A process of its own, so that its work is not the worker's.
 */
const rowsOf = new Map<string, number>()
let added = 0
let removed = 0

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://sink')
  if (url.pathname === '/received') return answer(response, { added, removed })
  if (url.pathname.endsWith('/sessions')) return answer(response, { data: session(url.searchParams.get('session_id')) })
  if (url.pathname.endsWith('/users')) return void take(request, response)
  response.writeHead(404)
  answer(response, { error: { code: 100, message: 'The sink does not know this path.' } })
})

/** Reads the head of a body for the session and its size; the rest is only received. */
async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let head = ''
  for await (const chunk of request) if (head.length < 200) head += chunk.toString('latin1', 0, 400)
  const id = /"session_id":(\d+)/.exec(head)?.[1] ?? ''
  const rows = Number(/"estimated_num_total":(\d+)/.exec(head)?.[1] ?? 0)
  rowsOf.set(id, rows)
  if (request.method === 'DELETE') removed += rows
  else added += rows
  answer(response, { audience_id: '1', session_id: id, num_received: rows, num_invalid_entries: 0 })
}

function session(id: string | null): unknown[] {
  const rows = rowsOf.get(id ?? '')
  if (rows === undefined) return []
  return [{ session_id: id, stage: 'finished', progress: '100', num_received: String(rows), num_invalid_entries: '0' }]
}

function answer(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address) console.log(`http://127.0.0.1:${address.port}`)
})
process.once('SIGTERM', () => process.exit(0))
