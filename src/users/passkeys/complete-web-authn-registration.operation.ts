import { operation } from '../../contract/operation.ts'
import type { SessionCaller } from '../caller.ts'
import { completeRegistration, type PasskeyRegistrationDeps } from './register-passkey.ts'

/** Stores the passkey that a signed-in user's authenticator has made for the challenge of StartWebAuthnRegistration. */
export const completeWebAuthnRegistration = operation('CompleteWebAuthnRegistration', {
  auth: 'access-token',

  async handle(request, deps: PasskeyRegistrationDeps, caller: SessionCaller) {
    await completeRegistration(deps, caller, request.Credential)
    return {}
  },
})
