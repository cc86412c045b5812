import type { Input, Operation, OperationName, Output } from '../../contract/operation.ts'
import { readRequestOfUser } from '../../contract/read-request.ts'
import { switchOf } from '../../pools/extensions/self-service.ts'
import type { UserCaller } from '../../users/caller.ts'
import { requireSelfService } from '../../users/self-service/self-service.ts'
import type { Account } from './account.ts'

/**
 * Does on a page what the operation does in the API for a signed-in user, with the same checks of the request. The page knows the user by
 * the session of the browser, so the request needs no access token.
 *
 * @throws ApiError as the operation does, and NotAuthorizedException when users cannot call the operation.
 */
export async function callAsUser<N extends OperationName, D>(
  operation: Operation<N, D, UserCaller & { readonly sessionId: undefined }>,
  deps: D,
  { pool, client, user, proof, now, browser: { context } }: Account,
  request: Omit<Input<N>, 'AccessToken'>,
): Promise<Output<N>> {
  const switched = switchOf(operation.name)
  if (switched !== undefined) requireSelfService({ pool, client }, switched, proof, now)
  const input = readRequestOfUser(operation.name, request)
  return operation.handle(input, deps, { pool, client, user, sessionId: undefined }, context)
}
