import { FederationError } from '../federation-error.ts'

/** A SAMLResponse that cannot be trusted. The text goes to the app, `cause` to the log only. */
export const invalidResponse = (reason: string, cause?: unknown) =>
  new FederationError(`Invalid SAML response received: ${reason}`, { cause })

/** A logout message that cannot be trusted. The text and the cause go to the log only. */
export const invalidLogout = (reason: string, cause?: unknown) => new FederationError(`Invalid SAML logout message: ${reason}`, { cause })
