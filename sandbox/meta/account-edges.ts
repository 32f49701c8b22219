import { accountFields, pick } from './fields.ts'
import type { Context, Outcome } from './operation.ts'
import { required, text } from './parameters.ts'

export function readAccount({ account, parameters }: Context): Outcome {
  return {
    body: pick(account, accountFields, {
      wanted: text(parameters, 'fields'),
      defaults: ['id', 'account_id'],
      type: 'AdAccount',
    }),
  }
}

/** What the user behind the token has granted. */
export function readPermissions({ account }: Context): Outcome {
  const data = (['ads_management', 'ads_read'] as const).map((permission) => ({
    permission,
    status: account.permissions.has(permission) ? 'granted' : 'declined',
  }))
  return { body: { data } }
}

/** UNVERIFIED how an entry looks; what counts is whether there is one. */
export function readTerms({ account }: Context): Outcome {
  return {
    body: {
      data: account.termsAccepted
        ? [{ id: 'custom_audience_tos', content: 'Custom Audience terms', type: 'custom_audience_tos' }]
        : [],
    },
  }
}

export function acceptTerms({ account, parameters }: Context): Outcome {
  required(text(parameters, 'tos_id'), 'tos_id')
  account.termsAccepted = true
  return { body: { success: true } }
}
