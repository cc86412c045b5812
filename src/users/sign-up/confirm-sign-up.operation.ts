import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { readReturnUrl } from '../../pools/client-extensions/confirmation-links.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { type ConfirmSignUpDeps, confirmSignUpByCode } from './confirm-sign-up.ts'
import { newConfirmedSession, newMissingSession, readSignUpSession } from './sign-up-session.ts'

/**
 * A new user proves the address that the code went to. The answer has a Session to sign in with in two cases: the pool's users may sign in
 * with such a code anyway (some clients rely on it), or the request has the unexpired Session of this user's SignUp. While another address has
 * to be verified, the Session says which one.
 */
export const confirmSignUp = operation('ConfirmSignUp', {
  auth: 'app-client',

  async handle(request, deps: ConfirmSignUpDeps, caller: AppClientCaller, from) {
    const { pool, client } = caller
    const session = request.Session === undefined ? undefined : readSignUpSession(deps.secrets, client, request.Session)
    if (request.Session !== undefined && session === undefined) {
      throw new ApiError('NotAuthorizedException', 'Invalid session for the user.')
    }
    const verifiesAll = extensionsOf(pool).signUp.verifyAllAddresses === true
    const { user, provenBy, missing } = await confirmSignUpByCode(deps, caller, {
      username: request.Username,
      code: request.ConfirmationCode,
      forceAliasCreation: request.ForceAliasCreation ?? false,
      callerContext: callerContextOf(client, from, request.ClientMetadata),
      returnUrl: verifiesAll ? readReturnUrl(client, request.ClientMetadata) : undefined,
    })
    const now = deps.clock.now()
    if (missing !== undefined) return { Session: newMissingSession(deps.secrets, client, user, { missing, now }) }
    const hasSession = session?.sub === user.sub && session.expiresAt > now
    if (!hasSession && !signsInByCode(pool, provenBy)) return {}
    return { Session: newConfirmedSession(deps.secrets, client, user, { provenBy: provenBy ?? 'email', now }) }
  },
})

function signsInByCode({ allowedFirstFactors }: Pool, address: ContactAttribute | undefined): boolean {
  return address !== undefined && allowedFirstFactors.includes(address === 'email' ? 'EMAIL_OTP' : 'SMS_OTP')
}
