import { operation } from '../../contract/operation.ts'
import type { UserCaller } from '../caller.ts'
import { type PasskeyRegistrationDeps, startRegistration } from './register-passkey.ts'

/** A signed-in user begins to register a passkey. */
export const startWebAuthnRegistration = operation('StartWebAuthnRegistration', {
  auth: 'access-token',

  async handle(_request, deps: PasskeyRegistrationDeps, caller: UserCaller) {
    return { CredentialCreationOptions: await startRegistration(deps, caller) }
  },
})
