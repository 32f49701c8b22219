import { Connection, isGrpcServiceError } from '@temporalio/client'

/** The Temporal server cannot be used. Its message is one sentence. */
export class TemporalUnreachable extends Error {
  override name = 'TemporalUnreachable'
}

const patience = '10s'
/** NOT_FOUND of gRPC. */
const notFound = 5

/** Connects and makes sure of the namespace. @throws TemporalUnreachable */
export async function connectToTemporal(address: string, namespace: string): Promise<Connection> {
  const connection = await Connection.connect({ address, connectTimeout: patience }).catch((error) => {
    const what = `No Temporal server answers at ${address}: start it, or change TEMPORAL_ADDRESS.`
    throw new TemporalUnreachable(what, { cause: error })
  })
  await connection.workflowService.describeNamespace({ namespace }).catch(async (error) => {
    await connection.close()
    if (!(isGrpcServiceError(error) && error.code === notFound)) throw error
    throw new TemporalUnreachable(
      `The Temporal server at ${address} has no namespace "${namespace}": make it with \`temporal operator namespace create -n ${namespace}\`, or change TEMPORAL_NAMESPACE.`,
      { cause: error },
    )
  })
  return connection
}
