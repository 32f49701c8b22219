import { createHmac } from 'node:crypto'

/** Shows Meta that the sender knows the app's secret: lowercase hex HMAC-SHA256 of the token. */
export const appSecretProof = (accessToken: string, appSecret: string) =>
  createHmac('sha256', appSecret).update(accessToken).digest('hex')
