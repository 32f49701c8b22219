import type { MetaConnection } from '../connection.ts'

export const lacks = ({ settings }: Pick<MetaConnection, 'settings'>) =>
  settings.datasetId === undefined
    ? {
        what: 'The destination does not name the dataset (pixel) that takes its events.',
        next: "Set datasetId of the destination: the number of the dataset in Meta's Events Manager.",
      }
    : undefined
