import type { TikTokConnection } from '../connection.ts'

export const lacks = ({ settings }: Pick<TikTokConnection, 'settings'>) =>
  settings.eventSourceId === undefined
    ? {
        what: 'The destination does not name the event source (pixel) that takes its events.',
        next: "Set eventSourceId of the destination: the pixel's code in TikTok's Events Manager.",
      }
    : undefined
