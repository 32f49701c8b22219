import { createRequire } from 'node:module'

/** The little of the vendor's SDK that is driven here; the package has no types of its own. */
export interface Sdk {
  FacebookAdsApi: { new (token: string, locale: string, crashLog: boolean): object }
  AdAccount: new (id: string, data: object, parent: undefined, api: object) => SdkAccount
  CustomAudience: new (id: string, data: object, parent: undefined, api: object) => SdkAudience
  EventRequest: new (token: string, pixel: string, events: SdkEvent[]) => SdkEventRequest
  ServerEvent: new () => SdkEvent
  UserData: new () => SdkUserData
  CustomData: new () => SdkCustomData
}

export interface SdkEventRequest {
  setTestEventCode(code: string): SdkEventRequest
  execute(): Promise<{ events_received: number; fbtrace_id: string }>
}

/** The setters of an event; each returns the event. */
export interface SdkEvent {
  setEventName(name: string): SdkEvent
  setEventId(id: string): SdkEvent
  setEventTime(seconds: number): SdkEvent
  setActionSource(source: string): SdkEvent
  setEventSourceUrl(url: string): SdkEvent
  setUserData(person: SdkUserData): SdkEvent
  setCustomData(data: SdkCustomData): SdkEvent
}

export interface SdkUserData {
  setEmails(emails: string[]): SdkUserData
  setPhone(phone: string): SdkUserData
  setCountry(country: string): SdkUserData
  setExternalId(id: string): SdkUserData
  setFbp(fbp: string): SdkUserData
  setClientIpAddress(address: string): SdkUserData
  setClientUserAgent(browser: string): SdkUserData
}

export interface SdkCustomData {
  setCustomProperties(properties: object): SdkCustomData
}

export interface SdkAccount {
  createCustomAudience(fields: string[], params: object): Promise<{ id: string }>
  getCustomAudiences(fields: string[], params: object): Promise<SdkCursor>
  deleteUsersOfAnyAudience(params: object): Promise<unknown>
}

export interface SdkCursor extends Array<{ id: string; name?: string }> {
  hasNext(): boolean
  next(): Promise<SdkCursor>
}

export interface SdkAudience {
  get(fields: string[]): Promise<Record<string, unknown>>
  update(fields: string[], params: object): Promise<unknown>
  delete(fields: string[]): Promise<unknown>
  createUser(fields: string[], params: object): Promise<{ _data: Record<string, unknown> }>
  deleteUsers(params: object): Promise<Record<string, unknown>>
  createUsersReplace(fields: string[], params: object): Promise<{ _data: Record<string, unknown> }>
  getSessions(fields: string[], params?: object): Promise<Array<{ _data: Record<string, unknown> }>>
}

/**
 * Meta's own Node SDK, sent to the sandbox. Its host and version are static getters of one class; they are all that is
 * changed. Version 24.0.1 of the package asks for v24.0, which is retired.
 */
export function sdkAt(url: string, version: string): Sdk {
  // The package is CommonJS without types: this is the one place that says what it holds.
  const sdk = createRequire(import.meta.url)('facebook-nodejs-business-sdk') as Sdk
  Object.defineProperty(sdk.FacebookAdsApi, 'GRAPH', { configurable: true, get: () => `${url}/meta` })
  Object.defineProperty(sdk.FacebookAdsApi, 'VERSION', { configurable: true, get: () => version })
  return sdk
}
