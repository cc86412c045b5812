import type { Input, Operation, OperationName, Output } from '../../contract/operation.ts'
import { readRequestOfUser } from '../../contract/read-request.ts'
import { switchOf } from '../../pools/extensions/self-service.ts'
import type { UserCaller } from '../../users/caller.ts'
import { requireSelfService } from '../../users/self-service/self-service.ts'
import type { Account } from './account.ts'

/** The caller of an operation on the page. The page knows the user by the session of the browser, so there is no access token. */
export type PageCaller = UserCaller & { readonly sessionId: undefined }

/**
 * What the operation gets from the API for a signed-in user, after the same checks of the request.
 *
 * @throws ApiError when the request is wrong, and NotAuthorizedException when users cannot call the operation.
 */
export function readAsUser<N extends OperationName>(
  name: N,
  { pool, client, user, proof, now }: Account,
  request: Omit<Input<N>, 'AccessToken'>,
): { readonly input: Input<N>; readonly caller: PageCaller } {
  const switched = switchOf(name)
  if (switched !== undefined) requireSelfService({ pool, client }, switched, proof, now)
  return { input: readRequestOfUser(name, request), caller: { pool, client, user, sessionId: undefined } }
}

/**
 * Does on a page what the operation does in the API for a signed-in user.
 *
 * @throws ApiError as `readAsUser` and the operation do.
 */
export async function callAsUser<N extends OperationName, D>(
  operation: Operation<N, D, PageCaller>,
  deps: D,
  account: Account,
  request: Omit<Input<N>, 'AccessToken'>,
): Promise<Output<N>> {
  const { input, caller } = readAsUser(operation.name, account, request)
  return operation.handle(input, deps, caller, account.browser.context)
}
