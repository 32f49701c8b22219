import type { Answer } from '../platform.ts'
import type { EventTrouble } from './event-troubles.ts'

export interface GraphErrorParts {
  code: number
  subcode?: number | undefined
  message: string
  /** HTTP status, 400 unless told otherwise. */
  status?: number | undefined
  type?: string
  transient?: boolean
  title?: string
  /** What the user is told beside the title; the message unless told otherwise. */
  userMessage?: string
}

/** A refusal in Meta's words; it becomes the error envelope in one place. */
export class GraphError extends Error {
  readonly parts: GraphErrorParts
  constructor(parts: GraphErrorParts) {
    super(parts.message)
    this.parts = parts
  }
}

let traces = 0

/** What Meta's support asks for. */
export const newTrace = () => `A${(++traces).toString(36).padStart(10, '0')}`

export function errorAnswer({
  code,
  subcode,
  message,
  status,
  type,
  transient,
  title,
  userMessage,
}: GraphErrorParts): Answer {
  return {
    status: status ?? 400,
    body: {
      error: {
        message,
        type: type ?? 'OAuthException',
        code,
        ...(subcode === undefined ? {} : { error_subcode: subcode }),
        is_transient: transient ?? false,
        ...(title === undefined ? {} : { error_user_title: title, error_user_msg: userMessage ?? message }),
        fbtrace_id: newTrace(),
      },
    },
  }
}

/** Every refusal, by what is wrong. Where no source tells the HTTP status, 400 stands: clients decide on the code. */
export const refuse = {
  parameter: (message: string) => new GraphError({ code: 100, message: `(#100) ${message}` }),
  schema: () => new GraphError({ code: 100, message: '(#100) Data is missing or does not match schema' }),
  missing: (id: string) =>
    new GraphError({
      code: 100,
      subcode: 33,
      type: 'GraphMethodException',
      message: `Unsupported request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
    }),
  path: (path: string) => new GraphError({ code: 2500, message: `Unknown path components: ${path}` }),
  versionRetired: (newest: string) =>
    new GraphError({
      code: 2635,
      message: `(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: ${newest}.`,
    }),
  // UNVERIFIED which code stands for no token at all: the table knows 190 and 102 for tokens, so 190 it is.
  noToken: () => new GraphError({ code: 190, message: 'An access token is required to request this resource.' }),
  badToken: () => new GraphError({ code: 190, message: 'Invalid OAuth access token - Cannot parse access token' }),
  expiredToken: () =>
    new GraphError({
      code: 190,
      subcode: 463,
      status: 401,
      message: 'Error validating access token: Session has expired. The session is invalid and must be renewed.',
    }),
  proofMissing: () =>
    new GraphError({
      code: 100,
      type: 'GraphMethodException',
      message: 'API calls from the server require an appsecret_proof argument',
    }),
  proofWrong: () =>
    new GraphError({
      code: 100,
      type: 'GraphMethodException',
      message: 'Invalid appsecret_proof provided in the API argument',
    }),
  mayNotManage: () =>
    new GraphError({
      code: 294,
      status: 403,
      message: '(#294) Managing advertisements requires the ads_management permission.',
    }),
  mayNotRead: () =>
    new GraphError({
      code: 200,
      status: 403,
      message: '(#200) Ad account owner has NOT grant ads_management or ads_read permission',
    }),
  notLinked: () =>
    new GraphError({
      code: 200,
      subcode: 1870050,
      status: 403,
      message: '(#200) The ad account must be owned by a business to use customer file audiences.',
      title: 'Ad account is not in a business',
    }),
  termsNotAccepted: () =>
    new GraphError({
      code: 200,
      subcode: 1870090,
      status: 403,
      message: '(#200) To create or edit a customer list audience, accept the Custom Audience terms first.',
      title: 'Custom Audience terms not accepted',
    }),
  throttled: () =>
    new GraphError({
      code: 80003,
      type: 'OAuthException',
      message:
        '(#80003) There have been too many calls to this ad-account. Wait a bit and try again. For more info, please refer to the rate limiting documentation.',
    }),
  tooManyCalls: () => new GraphError({ code: 4, transient: true, message: '(#4) Application request limit reached' }),
  /** One event at fault is the whole request's: which of them it was, nothing tells. */
  event: ({ subcode, title, text }: EventTrouble) =>
    new GraphError({ code: 100, subcode, message: 'Invalid parameter', title, userMessage: text }),
  tooMuchData: () =>
    new GraphError({
      code: 1,
      subcode: 99,
      status: 500,
      message: "Please reduce the amount of data you're asking for, then retry your request",
    }),
  temporary: (status = 500) =>
    new GraphError({
      code: 2,
      status,
      transient: true,
      message: 'An unexpected error has occurred. Please retry your request later.',
    }),
  // Three subcodes stand for one thing; which of them a call gets is a choice of the sandbox.
  flagged: (subcode: 1713228 | 1713230 | 1713231) =>
    new GraphError({
      code: 100,
      subcode,
      message: '(#100) This audience was flagged because it may not comply with our terms. It cannot be edited.',
      title: 'Audience is flagged',
    }),
  audienceDeleted: () =>
    new GraphError({
      code: 1487366,
      message: 'The custom audience has been deleted.',
      title: 'Custom Audience Has Been Deleted',
    }),
  replaceRunning: () =>
    new GraphError({
      code: 2650,
      subcode: 1870145,
      message: '(#2650) Failed to update the custom audience: an update is in progress.',
    }),
  replaceNotStarted: () =>
    new GraphError({
      code: 2650,
      subcode: 1870147,
      message: '(#2650) Failed to update the custom audience: the session must start with batch_seq 1.',
    }),
  replaceTimedOut: () =>
    new GraphError({
      code: 2650,
      subcode: 1870158,
      message: '(#2650) Failed to update the custom audience: the session timed out after 90 minutes.',
    }),
  sessionFinished: () =>
    new GraphError({
      code: 2650,
      subcode: 1870159,
      message: '(#2650) Failed to update the custom audience: the session has already finished.',
    }),
  replaceTooLarge: () =>
    new GraphError({
      code: 2650,
      subcode: 1870144,
      message: '(#2650) Failed to update the custom audience: over 100 million people.',
    }),
  otherSource: () =>
    new GraphError({
      code: 2650,
      message: '(#2650) Failed to update the custom audience: data_source contradicts that of the audience.',
    }),
  filledByRule: () =>
    new GraphError({
      code: 2650,
      message: '(#2650) Failed to update the custom audience: a website audience is filled by its rule.',
    }),
  hasLookalikes: () =>
    new GraphError({
      code: 2656,
      message: '(#2656) Failed to delete the custom audience: lookalike audiences depend on it.',
    }),
  bodyTooLarge: () => new GraphError({ code: 100, status: 413, message: '(#100) The request body is too large.' }),
}
