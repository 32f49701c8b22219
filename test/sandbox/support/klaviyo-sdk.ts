import { AccountsApi, ApiKeySession, ListsApi, ProfilesApi } from 'klaviyo-api'

/** Klaviyo's own Node SDK, sent to the sandbox: the base path is all that is changed. */
export function klaviyoSdkAt(
  url: string,
  key: string,
): { accounts: AccountsApi; lists: ListsApi; profiles: ProfilesApi } {
  const session = new ApiKeySession(key)
  const apis = { accounts: new AccountsApi(session), lists: new ListsApi(session), profiles: new ProfilesApi(session) }
  for (const api of Object.values(apis)) api.basePath = `${url}/klaviyo`
  return apis
}
