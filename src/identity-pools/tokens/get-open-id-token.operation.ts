import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { type ProveDeps, proveIdentity } from '../identities/prove-identity.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { issueIdentityToken } from './identity-token.ts'

const lifetimeSeconds = 600

export const getOpenIdToken = operation('GetOpenIdToken', {
  auth: 'public',

  async handle({ IdentityId, Logins = {} }, deps: ProveDeps) {
    const claim = { identityId: IdentityId, logins: Logins }
    const { pool, id, amr, principalTags } = await proveIdentity(deps, claim, {
      requirePool: requireClassicFlow,
      acceptsDeveloperToken: false,
    })
    const Token = await issueIdentityToken(deps, { poolId: pool.id, identityId: id, amr, principalTags, lifetimeSeconds })
    return { IdentityId: id, Token }
  },
})

/** @throws ApiError InvalidParameterException when the pool does not allow the classic flow, which this operation is a part of */
function requireClassicFlow({ allowsClassicFlow, roles }: IdentityPool): void {
  if (allowsClassicFlow !== true) throw invalidParameter('Basic (classic) flow is not enabled, please use enhanced flow.')
  if (Object.keys(roles?.mappings ?? {}).length > 0) {
    throw invalidParameter('Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.')
  }
}
