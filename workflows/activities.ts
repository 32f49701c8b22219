import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { uploadQueue } from './names.ts'
import { bulk, quick, settling, upload } from './options.ts'

/** The activities as workflows call them, each under its named timeouts. */
export const { readAudience, pauseAudience, finishDelivery, holdDelivery, releaseHeld, finishSettling, housekeep } =
  proxyActivities<Activities>(quick)

type Step<Name extends keyof Activities> = (
  input: Parameters<Activities[Name]>[0],
  summary: string,
) => ReturnType<Activities[Name]>

export const takeSnapshot: Step<'takeSnapshot'> = (input, summary) =>
  proxyActivities<Activities>({ ...bulk, summary }).takeSnapshot(input)

export const diff: Step<'diff'> = (input, summary) => proxyActivities<Activities>({ ...bulk, summary }).diff(input)

export const hash: Step<'hash'> = (input, summary) => proxyActivities<Activities>({ ...bulk, summary }).hash(input)

export const settle: Step<'settle'> = (input, summary) =>
  proxyActivities<Activities>({ ...settling, summary }).settle(input)

/** Runs on the platform's own queue. */
export const uploadBatches = (input: Parameters<Activities['upload']>[0], platform: string, summary: string) =>
  proxyActivities<Activities>({ ...upload, summary, taskQueue: uploadQueue(platform) }).upload(input)
