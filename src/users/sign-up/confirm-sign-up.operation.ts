import { operation } from '../../contract/operation.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { type ConfirmSignUpDeps, confirmSignUpByCode } from './confirm-sign-up.ts'

/** A new user proves the address that the code went to. Session is accepted and has no effect before choice-based sign-in. */
export const confirmSignUp = operation('ConfirmSignUp', {
  auth: 'app-client',

  async handle(request, deps: ConfirmSignUpDeps, caller: AppClientCaller) {
    await confirmSignUpByCode(deps, caller, {
      username: request.Username,
      code: request.ConfirmationCode,
      forceAliasCreation: request.ForceAliasCreation ?? false,
    })
    return {}
  },
})
