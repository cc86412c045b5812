import { completeWebAuthnRegistration } from './complete-web-authn-registration.operation.ts'
import { deleteWebAuthnCredential } from './delete-web-authn-credential.operation.ts'
import { listWebAuthnCredentials } from './list-web-authn-credentials.operation.ts'
import { startWebAuthnRegistration } from './start-web-authn-registration.operation.ts'

/** Passkeys, as their owners see them. */
export const passkeyOperations = [
  completeWebAuthnRegistration,
  deleteWebAuthnCredential,
  listWebAuthnCredentials,
  startWebAuthnRegistration,
] as const
