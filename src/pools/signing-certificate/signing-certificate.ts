import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Db } from '../../storage/db.ts'
import { requireLockedPool } from '../change-pool.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'
import { findResource, insertResource } from '../pool-resource-repository.ts'
import { createCertificate } from './create-certificate.ts'

/** The certificate with which the pool signs SAML requests: DER in base64, with the private key sealed. */
type SigningCertificate = PoolResource<{ readonly certificate: string; readonly sealedPrivateKey: string }>

export const signingCertificates = resourceKind<SigningCertificate['config']>('signing-certificate')

/** The id of the only signing certificate that a pool has. */
const id = 'saml'

export type SigningCertificateDeps = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock }

/**
 * The pool's certificate. The first call creates it.
 * @throws ApiError ResourceNotFoundException when the pool does not exist
 */
export async function getOrCreateSigningCertificate({ db, secrets, clock }: SigningCertificateDeps, poolId: string): Promise<string> {
  const stored = await findResource(db, poolId, signingCertificates, id)
  if (stored !== undefined) return stored.config.certificate
  const now = clock.now()
  const created = await createCertificate(poolId, now)
  const config = {
    certificate: created.certificate.toString('base64'),
    sealedPrivateKey: secrets.seal('signing-key', created.privateKey, sealContext(poolId)),
  }
  return db.transaction().execute(async (tx) => {
    await requireLockedPool(tx, poolId)
    if (await insertResource(tx, poolId, signingCertificates, { id, createdAt: now, updatedAt: now, config })) return config.certificate
    // Another request stored its certificate first. All callers must get the same one.
    return (await findResource(tx, poolId, signingCertificates, id))?.config.certificate ?? config.certificate
  })
}

/** The private key of the pool's certificate. Undefined when the pool has no certificate yet. */
export async function findSigningKey(
  { db, secrets }: Omit<SigningCertificateDeps, 'clock'>,
  poolId: string,
): Promise<KeyObject | undefined> {
  const stored = await findResource(db, poolId, signingCertificates, id)
  const key = stored && secrets.open('signing-key', stored.config.sealedPrivateKey, sealContext(poolId))
  return key && createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

const sealContext = (poolId: string): string => `${poolId} saml`

/** The stored certificate with its private key sealed under the current master key. */
export function resealCertificate(secrets: Secrets, poolId: string, config: SigningCertificate['config']): SigningCertificate['config'] {
  return { ...config, sealedPrivateKey: secrets.reseal('signing-key', config.sealedPrivateKey, sealContext(poolId)) }
}
