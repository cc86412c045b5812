import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { type ConfirmSignUpDeps, confirmSignUpByCode } from './confirm-sign-up.ts'
import { newSignUpSession, readSignUpSession } from './sign-up-session.ts'

/**
 * A new user proves the address that the code went to, and gets a Session to sign in with: where such a code is a way to sign in anyway
 * (some clients count on it), or for the Session of their SignUp, while that lasts.
 */
export const confirmSignUp = operation('ConfirmSignUp', {
  auth: 'app-client',

  async handle(request, deps: ConfirmSignUpDeps, caller: AppClientCaller, from) {
    const { pool, client } = caller
    const session = request.Session === undefined ? undefined : readSignUpSession(deps.secrets, client, request.Session)
    if (request.Session !== undefined && session === undefined) {
      throw new ApiError('NotAuthorizedException', 'Invalid session for the user.')
    }
    const { user, proven } = await confirmSignUpByCode(deps, caller, {
      username: request.Username,
      code: request.ConfirmationCode,
      forceAliasCreation: request.ForceAliasCreation ?? false,
      callerContext: callerContextOf(client, from, request.ClientMetadata),
    })
    const now = deps.clock.now()
    const wasTheirs = session?.sub === user.sub && session.expiresAt > now
    if (!wasTheirs && !signsInByCode(pool, proven)) return {}
    return { Session: newSignUpSession(deps.secrets, client, user, { provenBy: proven ?? 'email', now }) }
  },
})

function signsInByCode({ allowedFirstFactors }: Pool, proven: ContactAttribute | undefined): boolean {
  return proven !== undefined && allowedFirstFactors.includes(proven === 'email' ? 'EMAIL_OTP' : 'SMS_OTP')
}
