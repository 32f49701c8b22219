import { createRequire } from 'node:module'

/** The little of the vendor's client that is driven here. */
export interface DataManager {
  lists: {
    createUserList(request: object): Promise<[{ name: string; id: string; displayName: string }]>
    listUserLists(request: object): Promise<[{ displayName: string }[]]>
    getUserList(request: object): Promise<[{ sizeInfo: object; membershipDuration: { seconds: string } }]>
    updateUserList(request: object): Promise<[{ displayName: string }]>
    deleteUserList(request: object): Promise<[object]>
  }
  ingestion: {
    ingestEvents(request: object): Promise<[{ requestId: string }]>
    ingestAudienceMembers(request: object): Promise<[{ requestId: string }]>
    removeAudienceMembers(request: object): Promise<[{ requestId: string }]>
    retrieveRequestStatus(request: object): Promise<[{ requestStatusPerDestination: object[] }]>
  }
}

/**
 * Google's own Node client in its REST mode, sent to the sandbox: protocol, host, port and the address of tokens are all
 * that is changed. It puts `:port/` between host and path, so the prefix of the sandbox goes along with the port.
 */
export function dataManagerAt(url: string, credentials: Record<string, string>): DataManager {
  const require = createRequire(import.meta.url)
  // CommonJS with types of another compiler: this is the one place that says what they hold.
  const sdk = require('@google-ads/datamanager') as Record<string, new (options: object) => unknown>
  const { GoogleAuth } = createRequire(require.resolve('google-gax'))('google-auth-library') as {
    GoogleAuth: new (options: object) => object
  }
  const { client_id, client_secret, refresh_token, token_uri } = credentials
  const auth = new GoogleAuth({
    credentials: { type: 'authorized_user', client_id, client_secret, refresh_token },
    clientOptions: { endpoints: { oauth2TokenUrl: token_uri } },
  })
  const { hostname, port } = new URL(url)
  const options = { fallback: true, protocol: 'http', apiEndpoint: hostname, port: `${port}/google`, auth }
  const { UserListServiceClient: Lists, IngestionServiceClient: Ingestion } = sdk
  if (Lists === undefined || Ingestion === undefined) throw new Error('The client is not what it was.')
  return {
    lists: new Lists(options) as DataManager['lists'],
    ingestion: new Ingestion(options) as DataManager['ingestion'],
  }
}
