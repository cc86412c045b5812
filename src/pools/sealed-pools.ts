import type { Secrets } from '../base/secrets.ts'
import { sealedTable } from '../storage/sealed-table.ts'
import type { PoolExtensions } from './extensions/pool-extensions.ts'
import { identityProviders, resealProvider } from './identity-providers/identity-provider-row.ts'
import { resealCertificate, signingCertificates } from './signing-certificate/signing-certificate.ts'

type PoolConfig = { readonly extensions?: PoolExtensions }

/**
 * Seals the fixed codes of test users and the client secret of the former pool anew, under the current master key. They are the only secrets
 * in the `config` of a pool.
 */
function resealPool(secrets: Secrets, text: string, { id }: { readonly id: string }): string {
  const config = JSON.parse(text) as PoolConfig
  if (config.extensions === undefined) return text
  const { testUsers = [], formerPool } = config.extensions
  const sealedUsers = testUsers.map((user) => ({ ...user, sealedCode: secrets.reseal('test-code', user.sealedCode, id) }))
  const secret = formerPool?.sealedClientSecret
  const sealedSecret = secret && secrets.reseal('former-pool', secret, id)
  const isUnchanged = sealedSecret === secret && sealedUsers.every((user, at) => user.sealedCode === testUsers[at]?.sealedCode)
  if (isUnchanged) return text
  const former = formerPool && { formerPool: { ...formerPool, sealedClientSecret: sealedSecret } }
  return JSON.stringify({ ...config, extensions: { ...config.extensions, testUsers: sealedUsers, ...former } })
}

function resealResource(
  secrets: Secrets,
  text: string,
  { pool_id: poolId, kind, id }: { pool_id: string; kind: string; id: string },
): string {
  if (kind === signingCertificates.name) return JSON.stringify(resealCertificate(secrets, poolId, JSON.parse(text)))
  if (kind === identityProviders.name) return JSON.stringify(resealProvider(secrets, poolId, id, JSON.parse(text)))
  return text
}

export const sealedPools = [
  sealedTable('user_pool', { key: ['id'], columns: { config: resealPool } }),
  sealedTable('deleted_pool', { key: ['id'], columns: { config: resealPool } }),
  sealedTable('pool_resource', { key: ['pool_id', 'kind', 'id'], columns: { config: resealResource } }),
]
