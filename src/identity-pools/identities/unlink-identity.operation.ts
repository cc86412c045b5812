import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { storedProviderOf } from '../logins/user-pool-login.ts'
import { type LoginDeps, type Logins, verifyLogins } from '../logins/verify-logins.ts'
import { ownProviders, verifyDeveloperToken } from '../tokens/identity-token.ts'
import { findIdentityOfPool, lockIdentities } from './identity-administration-repository.ts'
import { deleteLogin, findOwners, listLogins, markLoginsChanged } from './identity-repository.ts'
import { identityNotFound, loginsDoNotMatch, requireEnabled } from './resolve-identity.ts'

type Deps = LoginDeps

/** More than any identity has. */
const mostLogins = 100

export const unlinkIdentity = operation('UnlinkIdentity', {
  auth: 'public',

  /** Removes public logins from an identity. The caller proves with a login of the identity, or with its developer token. */
  async handle({ IdentityId, Logins, LoginsToRemove }, deps: Deps) {
    const { db, clock } = deps
    const identity = await findIdentityOfPool(db, IdentityId)
    if (identity === undefined) throw identityNotFound(IdentityId)
    const pool = await getIdentityPool(db, identity.identityPoolId)
    const proof = await verifyProof(deps, pool, IdentityId, Logins)
    const removed = new Set(LoginsToRemove.map((provider) => storedProviderOf(deps, provider)))
    await db.transaction().execute(async (tx) => {
      const [locked] = await lockIdentities(tx, [IdentityId])
      if (locked === undefined) throw identityNotFound(IdentityId)
      requireEnabled(locked)
      const owners = await findOwners(tx, pool.id, proof.logins)
      if (!proof.isDeveloperUser && !owners.includes(IdentityId)) throw loginsDoNotMatch()
      const logins = await listLogins(tx, pool.id, [IdentityId], mostLogins)
      for (const provider of removed) {
        const login = logins.find((candidate) => candidate.provider === provider && provider !== pool.developerProvider)
        if (login === undefined) throw new ApiError('ResourceNotFoundException', `The identity has no login of ${provider}.`)
        await deleteLogin(tx, pool.id, login)
      }
      await markLoginsChanged(tx, IdentityId, clock.now())
    })
  },
})

/** Verifies all tokens of the request. */
async function verifyProof(deps: Deps, pool: IdentityPool, identityId: string, logins: Logins) {
  const own = ownProviders(deps.publicUrl)
  const tokens = Object.entries(logins).filter(([provider]) => own.includes(provider))
  const others = Object.fromEntries(Object.entries(logins).filter(([provider]) => !own.includes(provider)))
  const proofs = await Promise.all(tokens.map(([, token]) => verifyDeveloperToken(deps, pool, identityId, token)))
  return { isDeveloperUser: proofs.some((proof) => proof !== undefined), logins: await verifyLogins(deps, pool, others) }
}
