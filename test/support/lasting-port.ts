import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../scripts/stack/free-port.ts'

/** Below the ports that systems give to outgoing connections, one of which would take it while the server is down. */
const from = 20_000
const to = 32_000

/** Gives the PostgreSQL of this folder a port that it finds free again when it is killed and started. */
export async function giveLastingPort(dataDir: string): Promise<void> {
  const port = await freePort(from + Math.floor(Math.random() * (to - from)))
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, 'port'), String(port))
}
