import type { IncomingHttpHeaders } from 'node:http'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import type { Account } from './state.ts'

/**
 * What is wrong with the signature of a request, by the real time: five minutes of tolerance, any of the endpoint's
 * secrets, any of the signatures that were sent. Undefined when nothing is.
 */
export function troubleOfSignature(
  { secrets }: Account,
  headers: IncomingHttpHeaders,
  body: Buffer,
): string | undefined {
  let trouble = 'there is no secret'
  for (const secret of secrets)
    try {
      new Webhook(secret).verify(body, signedHeaders(headers), { jsonParse: false })
      return undefined
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      trouble = error.message
    }
  return trouble
}

function signedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
  return Object.fromEntries(names.map((name) => [name, String(headers[name] ?? '')]))
}
