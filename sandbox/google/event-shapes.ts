import type { Field, Shape } from './message.ts'
import {
  bool,
  consent,
  destinations,
  encoding,
  encryptionInfo,
  enumeration,
  int64,
  list,
  message,
  string,
  userData,
} from './shapes.ts'

/** The messages of events; held against the vendor's as those in `shapes.ts` are. */

const double: Field = { type: 'double' }
const int32: Field = { type: 'int32' }
const timestamp: Field = { type: 'timestamp' }

const deviceInfo = message('DeviceInfo', {
  userAgent: string,
  ipAddress: string,
  category: string,
  languageCode: string,
  screenHeight: int32,
  screenWidth: int32,
  operatingSystem: string,
  operatingSystemVersion: string,
  model: string,
  brand: string,
  browser: string,
  browserVersion: string,
})

const variable = { variable: string, value: string, destinationReferences: list(string) }
const parameter = { parameterName: string, value: string }

const cartData = message('CartData', {
  merchantId: string,
  merchantFeedLabel: string,
  merchantFeedLanguageCode: string,
  transactionDiscount: double,
  items: list(
    message('Item', {
      merchantProductId: string,
      quantity: int64,
      unitPrice: double,
      itemId: string,
      additionalItemParameters: list(message('ItemParameter', parameter)),
      merchantId: string,
      merchantFeedLabel: string,
      merchantFeedLanguageCode: string,
      conversionValue: double,
      customVariables: list(message('ItemCustomVariable', variable)),
    }),
  ),
  couponCodes: list(string),
})

const event = message('Event', {
  destinationReferences: list(string),
  transactionId: string,
  eventTimestamp: timestamp,
  lastUpdatedTimestamp: timestamp,
  userData,
  consent,
  adIdentifiers: message('AdIdentifiers', {
    sessionAttributes: string,
    gclid: string,
    gbraid: string,
    wbraid: string,
    landingPageDeviceInfo: deviceInfo,
    mobileDeviceId: string,
  }),
  currency: string,
  conversionValue: double,
  eventSource: enumeration('EVENT_SOURCE_UNSPECIFIED', 'WEB', 'APP', 'IN_STORE', 'PHONE', 'OTHER', 'MESSAGE'),
  eventDeviceInfo: deviceInfo,
  cartData,
  customVariables: list(message('CustomVariable', variable)),
  experimentalFields: list(message('ExperimentalField', { field: string, value: string })),
  userProperties: message('UserProperties', {
    customerType: enumeration('CUSTOMER_TYPE_UNSPECIFIED', 'NEW', 'RETURNING', 'REENGAGED'),
    customerValueBucket: enumeration('CUSTOMER_VALUE_BUCKET_UNSPECIFIED', 'LOW', 'MEDIUM', 'HIGH'),
    additionalUserProperties: list(message('UserProperty', { propertyName: string, value: string })),
  }),
  eventName: string,
  clientId: string,
  userId: string,
  additionalEventParameters: list(message('EventParameter', parameter)),
  thirdPartyUserData: userData,
  eventLocation: message('EventLocation', {
    storeId: string,
    city: string,
    subdivisionCode: string,
    regionCode: string,
    subcontinentCode: string,
    continentCode: string,
  }),
  appInstanceId: string,
})

export const ingestEventsRequest: Shape = message('IngestEventsRequest', {
  destinations,
  events: list(event),
  consent,
  validateOnly: bool,
  encoding,
  encryptionInfo,
}).shape
