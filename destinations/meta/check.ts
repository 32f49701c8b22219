import { z } from 'zod'
import type { Verdict } from '../define.ts'
import type { Meaning } from '../meaning.ts'
import { attempt, type Call } from './calls.ts'
import type { MetaConnection } from './connection.ts'
import { ERRORS } from './error-table.ts'
import { type Fault, failureOf } from './errors.ts'

type Problem = Verdict['problems'][number]

const adAccount = z.object({
  name: z.string().optional().catch(undefined),
  account_status: z.coerce.number().optional().catch(undefined),
  tos_accepted: z.record(z.string(), z.coerce.number()).optional().catch(undefined),
})

const permissions = z.object({ data: z.array(z.object({ permission: z.string(), status: z.string() })) })

/**
 * Tries what a sync will need: the token, the account, the permission, the terms. Throws only where nothing can be said now
 * (Meta cannot be reached, throttles or has an error of its own).
 */
export async function check(connection: MetaConnection): Promise<Verdict> {
  const { adAccountId } = connection.settings
  const account = await probe(connection, {
    method: 'GET',
    path: [adAccountId],
    query: { fields: 'id,name,account_status,tos_accepted' },
    subject: 'account',
    reply: adAccount,
  })
  const granted = await probe(connection, {
    method: 'GET',
    path: ['me', 'permissions'],
    subject: 'account',
    reply: permissions,
  })
  const lists = await probe(connection, {
    method: 'GET',
    path: [adAccountId, 'customaudiences'],
    query: { fields: 'id', limit: '1' },
    subject: 'account',
    reply: z.object({ data: z.array(z.unknown()) }),
  })
  const problems = distinct([
    ...('fault' in account ? [problemOf(account.fault)] : accountProblems(account.reply)),
    ...('fault' in granted ? permissionFault(granted.fault) : permissionProblems(granted.reply)),
    ...('fault' in lists ? [problemOf(lists.fault)] : []),
  ])
  const name = 'reply' in account ? account.reply.name : undefined
  return {
    ok: problems.length === 0,
    ...(!('fault' in account) && { account: name ? `${name} (${adAccountId})` : adAccountId }),
    problems,
  }
}

async function probe<S extends z.ZodType>(connection: MetaConnection, call: Call<S>) {
  const result = await attempt(connection, call)
  if ('fault' in result && (result.fault.kind === 'retry' || result.fault.kind === 'throttled')) {
    throw failureOf(result.fault, call.subject)
  }
  return result
}

const CLOSED_ACCOUNT: Readonly<Record<number, string>> = {
  2: 'disabled',
  100: 'about to be closed',
  101: 'closed',
}

function accountProblems(account: z.output<typeof adAccount>): Problem[] {
  const closed = CLOSED_ACCOUNT[account.account_status ?? 0]
  return [
    ...(closed
      ? [
          {
            what: `The ad account is ${closed}.`,
            whose: 'you',
            next: 'Reopen it in the Business Manager, or connect another ad account.',
            code: `account_status ${account.account_status}`,
          },
        ]
      : []),
    // Only a clear no counts: Meta leaves the field out for accounts that are shared between businesses.
    ...(account.tos_accepted?.custom_audience_tos === 0 ? [known('200/1870090')] : []),
  ]
}

function permissionProblems({ data }: z.output<typeof permissions>): Problem[] {
  const granted = data.some(({ permission, status }) => permission === 'ads_management' && status === 'granted')
  return granted ? [] : [known('294')]
}

// Not every kind of token may list its permissions; what it lacks then shows in the other calls.
const permissionFault = (fault: Fault): Problem[] =>
  fault.code.startsWith('190') || fault.code.startsWith('102') ? [problemOf(fault)] : []

function known(code: string): Problem {
  const meaning = ERRORS[code]
  if (!meaning) throw new Error(`No meaning is written down for the code ${code}`)
  return problemOf({ ...meaning, code })
}

const problemOf = ({ what, whose, next, code }: Meaning & { code: string }): Problem => ({ what, whose, next, code })

// One bad token makes every call fail the same way; it is one problem.
const distinct = (problems: Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [problem.what, problem])).values(),
]
