import type { Input, Operation, OperationName, Output } from '../../contract/operation.ts'
import { readRequestOfUser } from '../../contract/read-request.ts'
import type { UserCaller } from '../../users/caller.ts'
import type { BrowserRequest } from '../browser-request.ts'

/** The user of a page, and the browser that the request came from. */
export type PageCaller = UserCaller & { readonly browser: BrowserRequest }

/**
 * Does on a page what the operation does in the API for a signed-in user, with the same checks of the request. The page knows the user by
 * the session of the browser, so the request needs no access token.
 *
 * @throws ApiError as the operation does.
 */
export async function callAsUser<N extends OperationName, D>(
  operation: Operation<N, D, UserCaller & { readonly sessionId: undefined }>,
  deps: D,
  { pool, client, user, browser: { context } }: PageCaller,
  request: Omit<Input<N>, 'AccessToken'>,
): Promise<Output<N>> {
  const input = readRequestOfUser(operation.name, request)
  return operation.handle(input, deps, { pool, client, user, sessionId: undefined }, context)
}
