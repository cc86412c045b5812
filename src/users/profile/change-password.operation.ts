import { operation } from '../../contract/operation.ts'
import type { SessionCaller } from '../caller.ts'
import { type SetOwnPasswordDeps, setOwnPassword } from './set-own-password.ts'

/**
 * A signed-in user changes the password, or sets the first one. Sessions stay valid, as at Cognito. Where the pool ends them, the session of
 * the caller goes on.
 */
export const changePassword = operation('ChangePassword', {
  auth: 'access-token',

  async handle(request, deps: SetOwnPasswordDeps, caller: SessionCaller, context) {
    await setOwnPassword(deps, caller, request, context)
    return {}
  },
})
