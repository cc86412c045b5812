import { type AssumeRoleDeps, AssumeRoleError, assumeRole } from '../../access/sessions/assume-role.ts'
import type { ProvenIdentity } from '../identities/prove-identity.ts'
import { ownProvider } from '../logins/verify-logins.ts'
import { wrongRoles } from './choose-role.ts'

/** Temporary credentials. */
export type TemporaryCredentials = {
  readonly keyId: string
  readonly secret: string
  readonly sessionToken: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * Gives an identity the credentials of a role.
 * @throws ApiError InvalidIdentityPoolConfigurationException when the role does not exist or does not trust the identity
 * @throws ApiError ExternalServiceException when another service gives the credentials and does not respond
 */
export type CredentialsSource = (identity: ProvenIdentity, roleArn: string) => Promise<TemporaryCredentials>

/** How long credentials of an identity last. The reference of GetCredentialsForIdentity says one hour. */
export const lifetimeSeconds = 3600

/** The name that Cognito gives to the sessions that it begins. */
export const sessionName = 'CognitoIdentityCredentials'

/** This server gives the credentials itself. */
export function ownSource(deps: AssumeRoleDeps): CredentialsSource {
  return async ({ pool, id, isGuest, amr, principalTags }, roleArn) => {
    try {
      return await assumeRole(deps, {
        roleArn,
        webIdentity: {
          principal: ownProvider,
          provider: ownProvider,
          audience: pool.id,
          subject: id,
          amr,
          tags: principalTags,
          identity: { poolId: pool.id, id },
        },
        sessionName,
        lifetimeSeconds,
        isGuest,
        isVended: true,
      })
    } catch (error) {
      throw error instanceof AssumeRoleError ? wrongRoles(error) : error
    }
  }
}
