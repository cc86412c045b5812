import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { newRegionalId } from '../base/ids.ts'
import type { Secrets } from '../base/secrets.ts'
import { invalidParameter } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import { type CustomIds, customPoolId, identityPoolIdForm } from '../pools/custom-ids.ts'
import { type Quotas, requireWithinQuota } from '../pools/quotas.ts'
import type { Db } from '../storage/db.ts'
import type { KeysAhead } from '../tokens/keys-ahead.ts'
import { identityPoolKeys } from '../tokens/signing-keys.ts'
import type { IdentityPool } from './identity-pool.ts'
import { isIdentityPoolBeingRemoved } from './identity-pool-deletion-repository.ts'
import { countIdentityPoolsUpTo, insertIdentityPool } from './identity-pool-repository.ts'
import { requireConsistentIdentityPool, requireDeveloperProvider } from './identity-pool-rules.ts'
import { readSettings, writeIdentityPool } from './identity-pool-wire.ts'

type Deps = { db: Db; clock: Clock; region: string; quotas: Quotas; secrets: Secrets; keysAhead: Pick<KeysAhead, 'make'> } & CustomIds

export const createIdentityPool = operation('CreateIdentityPool', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    const { db, clock, region, quotas, secrets, keysAhead } = deps
    const id = customPoolId(deps, request.IdentityPoolTags, identityPoolIdForm) ?? newRegionalId(region)
    const now = clock.now()
    const settings = readSettings(secrets, id, request)
    const pool: IdentityPool = { ...settings, id, createdAt: now, updatedAt: now, roles: undefined, tagMaps: {} }
    requireConsistentIdentityPool(quotas, pool, request.SupportedLoginProviders ?? {})
    requireDeveloperProvider({ before: undefined, after: pool.developerProvider, oidcProviderArns: pool.oidcProviderArns })
    await db.transaction().execute(async (tx) => {
      await insertIdentityPool(tx, pool)
      // A new id is random. But a given id may be that of a deleted pool.
      if (await isIdentityPoolBeingRemoved(tx, id)) {
        throw invalidParameter(`The identity pool ${id} was deleted, and its data is still being removed. Try again in a minute.`)
      }
      requireWithinQuota(quotas, 'identityPools', await countIdentityPoolsUpTo(tx, quotas.identityPools + 1))
      await audit.record(tx, { poolId: id, detail: `name: ${pool.name}` })
    })
    keysAhead.make(identityPoolKeys)
    return writeIdentityPool(secrets, pool)
  },
})
