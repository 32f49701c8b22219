import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { refuse } from './graph-error.ts'
import type { Parameters } from './parameters.ts'
import { text } from './parameters.ts'
import type { Account, MetaState } from './state.ts'

/** Who calls: the token as it came, and every account that it opens (at least one). */
export interface Caller {
  token: string
  accounts: Account[]
}

/** Checks token and proof; throws the GraphError that Meta would answer. */
export function authenticate(state: MetaState, headers: IncomingHttpHeaders, parameters: Parameters): Caller {
  const token = text(parameters, 'access_token') ?? bearer(headers)
  if (token === undefined || token === '') throw refuse.noToken()
  const accounts = [...state.accounts.values()].filter((account) => account.accessToken === token)
  const account = accounts[0]
  if (account === undefined) throw refuse.badToken()
  if (accounts.some(({ tokenExpired }) => tokenExpired)) throw refuse.expiredToken()
  checkProof(
    account,
    token,
    parameters,
    accounts.some(({ proofRequired }) => proofRequired),
  )
  return { token, accounts }
}

function bearer(headers: IncomingHttpHeaders): string | undefined {
  return /^(?:Bearer|OAuth)\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]?.trim()
}

/**
 * A proof that is sent must be right, also where none is required. With `appsecret_time` it covers that too. UNVERIFIED
 * how old the time may be: any age is taken, since the sandbox's clock can be turned and the client's cannot.
 */
function checkProof(account: Account, token: string, parameters: Parameters, isRequired: boolean): void {
  const proof = text(parameters, 'appsecret_proof')
  const time = text(parameters, 'appsecret_time')
  if (proof === undefined) {
    if (isRequired) throw refuse.proofMissing()
    return
  }
  if (time !== undefined && !/^\d{1,12}$/.test(time)) throw refuse.proofWrong()
  const message = time === undefined ? token : `${token}|${time}`
  const expected = Buffer.from(createHmac('sha256', account.appSecret).update(message).digest('hex'))
  const given = Buffer.from(proof)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw refuse.proofWrong()
}
