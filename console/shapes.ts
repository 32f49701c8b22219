import type { InferResponseType } from 'hono/client'
import type { api } from './api.ts'

type Api = typeof api

export type Session = InferResponseType<Api['session']['$get'], 200>
export type Role = Session['key']['role']
export type Overview = InferResponseType<Api['overview']['$get'], 200>
export type AudienceSummary = InferResponseType<Api['audiences']['$get'], 200>['items'][number]
export type Audience = InferResponseType<Api['audiences'][':id']['$get'], 200>
export type Sync = InferResponseType<Api['audiences'][':id']['syncs']['$get'], 200>['items'][number]
/** A sync as it is read alone, without how it stands. */
export type SyncRead = InferResponseType<Api['syncs'][':id']['$get'], 200>
export type AudienceRule = InferResponseType<Api['syncs'][':id']['audience-rule']['$get'], 200>
export type Standing = Sync['standing']
export type Field = InferResponseType<Api['audiences'][':id']['fields']['$get'], 200>['items'][number]
export type Preview = InferResponseType<Api['audiences'][':id']['preview']['$post'], 200>
export type Run = InferResponseType<Api['runs'][':id']['$get'], 200>
export type Delivery = Run['deliveries'][number]
export type DeliveryDetail = InferResponseType<Api['deliveries'][':id']['$get'], 200>
export type Batch = DeliveryDetail['batches']['items'][number]
export type Destination = InferResponseType<Api['destinations'][':id']['$get'], 200>
export type Platform = InferResponseType<Api['platforms']['$get'], 200>['items'][number]
export type Identifier = NonNullable<Platform['list']>['identifiers'][number]
export type List = InferResponseType<Api['destinations'][':id']['lists']['$get'], 200>['items'][number]
export type Source = InferResponseType<Api['sources'][':id']['$get'], 200>
export type SourceTable = InferResponseType<Api['sources'][':id']['tables']['$get'], 200>['items'][number]
export type LogLine = InferResponseType<Api['audiences'][':id']['logs']['$get'], 200>['items'][number]
export type Found = InferResponseType<Api['people']['lookup']['$post'], 200>
export type ApiKey = InferResponseType<Api['api-keys']['$get'], 200>['items'][number]
