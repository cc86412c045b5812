import type { Secrets } from '../base/secrets.ts'
import { sealedTable } from '../storage/sealed-table.ts'
import type { PoolExtensions } from './extensions/pool-extensions.ts'
import { identityProviders, resealProvider } from './identity-providers/identity-provider-row.ts'
import { resealCertificate, signingCertificates } from './signing-certificate/signing-certificate.ts'

type PoolConfig = { readonly extensions?: PoolExtensions }

/** Seals the fixed codes of test users again, under the current master key. They are the only secrets in the `config` of a pool. */
function resealPool(secrets: Secrets, text: string, { id }: { readonly id: string }): string {
  const config = JSON.parse(text) as PoolConfig
  if (config.extensions === undefined) return text
  const { testUsers = [] } = config.extensions
  const sealed = testUsers.map((user) => ({ ...user, sealedCode: secrets.reseal('test-code', user.sealedCode, id) }))
  const isUnchanged = sealed.every((user, at) => user.sealedCode === testUsers[at]?.sealedCode)
  return isUnchanged ? text : JSON.stringify({ ...config, extensions: { ...config.extensions, testUsers: sealed } })
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
