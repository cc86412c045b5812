import { operation } from '../../contract/operation.ts'
import { type ProveDeps, proveIdentity } from '../identities/prove-identity.ts'
import { chooseRole } from './choose-role.ts'
import type { CredentialsSource } from './credentials-source.ts'

type Deps = ProveDeps & { readonly credentialsSource: CredentialsSource }

export const getCredentialsForIdentity = operation('GetCredentialsForIdentity', {
  auth: 'public',

  async handle({ IdentityId, Logins = {}, CustomRoleArn }, deps: Deps) {
    const claim = { identityId: IdentityId, logins: Logins }
    const identity = await proveIdentity(deps, claim, { requirePool: () => undefined, acceptsDeveloperToken: true })
    const role = chooseRole(identity.pool, identity, CustomRoleArn)
    const { keyId, secret, sessionToken, expiresAt } = await deps.credentialsSource(identity, role)
    return {
      IdentityId: identity.id,
      Credentials: { AccessKeyId: keyId, SecretKey: secret, SessionToken: sessionToken, Expiration: new Date(expiresAt) },
    }
  },
})
