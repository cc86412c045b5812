import type { Clock } from '../../base/clock.ts'
import type { Input, Operation, OperationName, Output } from '../../contract/operation.ts'
import { readRequest } from '../../contract/read-request.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { switchOf } from '../../pools/extensions/self-service.ts'
import { requireSelfService } from '../../users/self-service/self-service.ts'
import type { BrowserRequest } from '../browser-request.ts'

/**
 * Does on a page what the operation does in the API, with the same checks of the request. A page knows its app client, so the request needs
 * no SecretHash.
 *
 * @throws ApiError as the operation does, and NotAuthorizedException when users cannot call the operation.
 */
export async function callOperation<N extends OperationName, D>(
  operation: Operation<N, D, AppClientCaller>,
  deps: D & { readonly clock: Clock },
  { pool, client, browser: { context, encodedData } }: AppClientCaller & { readonly browser: BrowserRequest },
  request: Omit<Input<N>, 'ClientId'>,
): Promise<Output<N>> {
  const switched = switchOf(operation.name)
  if (switched !== undefined) requireSelfService({ pool, client }, switched, undefined, deps.clock.now())
  const input = readRequest(operation.name, { ...request, ClientId: client.id, UserContextData: { EncodedData: encodedData } })
  return operation.handle(input, deps, { pool, client }, context)
}
