import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common'

const nothing = defaultPayloadConverter.toPayload(undefined)

/**
 * An argument that cannot be decoded is `undefined`. People and tools send signals to our workflows; where decoding
 * throws, the workflow stands still until somebody changes its code. The bundler takes this in for workflows only.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: <T>(payload: Parameters<PayloadConverter['fromPayload']>[0]): T => {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload)
    } catch {
      return defaultPayloadConverter.fromPayload<T>(nothing)
    }
  },
}
