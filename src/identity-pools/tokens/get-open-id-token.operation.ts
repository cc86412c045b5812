import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { findIdentityOfPool } from '../identities/identity-administration-repository.ts'
import {
  guestsNotAllowed,
  identityForbidden,
  identityNotFound,
  type ResolveDeps,
  requireEnabled,
  resolveIdentity,
} from '../identities/resolve-identity.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { type LoginDeps, verifyLogins } from '../logins/verify-logins.ts'
import { issueIdentityToken } from './identity-token.ts'
import { principalTagsOf } from './principal-tags.ts'

type Deps = ResolveDeps & LoginDeps

const lifetimeSeconds = 600

export const getOpenIdToken = operation('GetOpenIdToken', {
  auth: 'public',

  async handle({ IdentityId, Logins = {} }, deps: Deps) {
    const identity = await findIdentityOfPool(deps.db, IdentityId)
    if (identity === undefined) throw identityNotFound(IdentityId)
    const pool = await getIdentityPool(deps.db, identity.identityPoolId)
    requireClassicFlow(pool)
    requireEnabled(identity)
    const logins = await verifyLogins(deps, pool, Logins)
    if (logins.length === 0) {
      if (identity.hadLogin) throw identityForbidden(IdentityId)
      if (!pool.allowsGuests) throw guestsNotAllowed()
    }
    const id = logins.length === 0 ? IdentityId : await resolveIdentity(deps, { pool, logins, identityId: IdentityId })
    const methods = logins.flatMap(({ provider, amr }) => [provider, amr])
    const Token = await issueIdentityToken(deps, {
      poolId: pool.id,
      identityId: id,
      amr: methods.length === 0 ? ['unauthenticated'] : ['authenticated', ...methods],
      principalTags: principalTagsOf(pool, logins),
      lifetimeSeconds,
    })
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
