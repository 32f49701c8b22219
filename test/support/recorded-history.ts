import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@temporalio/client'
import { temporal } from '@temporalio/proto'

export const historiesFolder = join(import.meta.dirname, '../histories')

const { History } = temporal.api.history.v1

/** Histories as they were recorded, each with the id of its workflow, which is its file's name after the double dash. */
export function recordedHistories(): { name: string; workflowId: string; history: temporal.api.history.v1.IHistory }[] {
  return readdirSync(historiesFolder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const recorded: { workflowId: string; history: object } = JSON.parse(
        readFileSync(join(historiesFolder, file), 'utf8'),
      )
      return {
        name: file.replace('.json', ''),
        workflowId: recorded.workflowId,
        history: History.fromObject(recorded.history),
      }
    })
}

/** Writes down one run of a workflow, without what a replay has no use for: who did it, on which machine, from where. */
export async function record(client: Client, name: string, workflowId: string, runId?: string): Promise<void> {
  const fetched = await client.workflow.getHandle(workflowId, runId).fetchHistory()
  const history = History.toObject(History.fromObject(fetched), { longs: String, enums: String, bytes: String })
  writeFileSync(join(historiesFolder, `${name}.json`), `${JSON.stringify({ workflowId, history }, used)}\n`)
}

const unused = new Set([
  'identity',
  'workerVersion',
  'binaryChecksum',
  'meteringMetadata',
  'requestId',
  'header',
  'stackTrace',
  'prevAutoResetPoints',
])

const used = (key: string, value: unknown) =>
  unused.has(key) || value === null || value === '' || isSticky(value) ? undefined : value

/** The queue of one worker process, which is named after its machine. */
const isSticky = (value: unknown) =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'TASK_QUEUE_KIND_STICKY'
