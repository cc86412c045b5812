import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { type ConfirmSignUpDeps, confirmSignUpByCode } from './confirm-sign-up.ts'
import { newSignUpSession, readSignUpSession } from './sign-up-session.ts'

/**
 * A new user proves the address that the code went to. Whoever brings the Session of their SignUp, in its time, gets one to sign in with;
 * who is late signs in like everybody.
 */
export const confirmSignUp = operation('ConfirmSignUp', {
  auth: 'app-client',

  async handle(request, deps: ConfirmSignUpDeps, caller: AppClientCaller) {
    const { client } = caller
    const session = request.Session === undefined ? undefined : readSignUpSession(deps.secrets, client, request.Session)
    if (request.Session !== undefined && session === undefined) {
      throw new ApiError('NotAuthorizedException', 'Invalid session for the user.')
    }
    const user = await confirmSignUpByCode(deps, caller, {
      username: request.Username,
      code: request.ConfirmationCode,
      forceAliasCreation: request.ForceAliasCreation ?? false,
    })
    const now = deps.clock.now()
    if (session?.sub !== user.sub || session.expiresAt <= now) return {}
    return { Session: newSignUpSession(deps.secrets, client, user, { isProven: true, now }) }
  },
})
