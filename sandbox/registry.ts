import { startGa4 } from './ga4/platform.ts'
import { startGoogle } from './google/platform.ts'
import { startKlaviyo } from './klaviyo/platform.ts'
import { startLinkedIn } from './linkedin/platform.ts'
import { startMeta } from './meta/platform.ts'
import { startPinterest } from './pinterest/platform.ts'
import type { StartPlatform } from './platform.ts'
import { startSegment } from './segment/platform.ts'
import { startTikTok } from './tiktok/platform.ts'
import { startWebhook } from './webhook/platform.ts'

/** Every platform that is served, by the first part of its path. A new one is a folder and a line here. */
export const registry = {
  ga4: startGa4,
  google: startGoogle,
  klaviyo: startKlaviyo,
  linkedin: startLinkedIn,
  meta: startMeta,
  pinterest: startPinterest,
  segment: startSegment,
  tiktok: startTikTok,
  webhook: startWebhook,
} satisfies Record<string, StartPlatform>
