import { operation } from '../../contract/operation.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { type CorrectContactDeps, correctContactOfSignUp } from './correct-contact.ts'

/** Lifeguard's own operation: a new user corrects a mistyped address. */
export const correctSignUpContact = operation('CorrectSignUpContact', {
  auth: 'app-client',

  handle: (request, deps: CorrectContactDeps, caller: AppClientCaller, from) => correctContactOfSignUp(deps, { caller, from }, request),
})
