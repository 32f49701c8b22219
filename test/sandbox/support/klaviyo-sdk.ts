import { AccountsApi, ApiKeySession, EventsApi, ListsApi, ProfilesApi } from 'klaviyo-api'

/** Klaviyo's own Node SDK, sent to the sandbox: the base path is all that is changed. */
export function klaviyoSdkAt(
  url: string,
  key: string,
): { accounts: AccountsApi; events: EventsApi; lists: ListsApi; profiles: ProfilesApi } {
  const session = new ApiKeySession(key)
  const apis = {
    accounts: new AccountsApi(session),
    events: new EventsApi(session),
    lists: new ListsApi(session),
    profiles: new ProfilesApi(session),
  }
  for (const api of Object.values(apis)) api.basePath = `${url}/klaviyo`
  return apis
}
