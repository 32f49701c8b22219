import type { GoogleConnection } from '../connection.ts'

export const lacks = ({ settings: { gaPropertyId, gaMeasurementId } }: Pick<GoogleConnection, 'settings'>) =>
  gaPropertyId === undefined || gaMeasurementId === undefined
    ? {
        what: 'The destination does not name the Google Analytics property and web stream that take its events.',
        next: 'Set gaPropertyId and gaMeasurementId (G-…) of the destination: Google Analytics shows both under Admin, property and data streams.',
      }
    : undefined
