import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { uploadQueue } from './names.ts'
import { bulk, mending, quick, settling, upload } from './options.ts'

/** The activities as workflows call them, each under its named timeouts, with a summary for the Temporal UI and the logs. */
type Step<Name extends keyof Activities> = (
  input: Parameters<Activities[Name]>[0],
  summary: string,
) => ReturnType<Activities[Name]>

export const readAudience: Step<'readAudience'> = (input, summary) =>
  proxyActivities<Activities>({ ...quick, summary }).readAudience(input)

export const pauseAudience: Step<'pauseAudience'> = (input, summary) =>
  proxyActivities<Activities>({ ...quick, summary }).pauseAudience(input)

export const failRefresh: Step<'failRefresh'> = (input, summary) =>
  proxyActivities<Activities>({ ...quick, summary }).failRefresh(input)

export const takeSnapshot: Step<'takeSnapshot'> = (input, summary) =>
  proxyActivities<Activities>({ ...bulk, summary }).takeSnapshot(input)

export const diff: Step<'diff'> = (input, summary) => proxyActivities<Activities>({ ...bulk, summary }).diff(input)

export const hash: Step<'hash'> = (input, summary) => proxyActivities<Activities>({ ...bulk, summary }).hash(input)

/** Runs on the platform's own queue. */
export const uploadBatches = (input: Parameters<Activities['upload']>[0], platform: string, summary: string) =>
  proxyActivities<Activities>({ ...upload, summary, taskQueue: uploadQueue(platform) }).upload(input)

export const cancelDelivery: Step<'cancelDelivery'> = (input, summary) =>
  proxyActivities<Activities>({ ...quick, summary }).cancelDelivery(input)

export const holdDelivery: Step<'holdDelivery'> = (input, summary) =>
  proxyActivities<Activities>({ ...bulk, summary }).holdDelivery(input)

export const releaseHeld: Step<'releaseHeld'> = (input, summary) =>
  proxyActivities<Activities>({ ...bulk, summary }).releaseHeld(input)

export const finishDelivery: Step<'finishDelivery'> = (input, summary) =>
  proxyActivities<Activities>({ ...bulk, summary }).finishDelivery(input)

export const settle: Step<'settle'> = (input, summary) =>
  proxyActivities<Activities>({ ...settling, summary }).settle(input)

export const finishSettling: Step<'finishSettling'> = (input, summary) =>
  proxyActivities<Activities>({ ...quick, summary }).finishSettling(input)

export const housekeep = (summary: string) => proxyActivities<Activities>({ ...mending, summary }).housekeep()
