import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Db } from '../../storage/db.ts'
import { requireLockedPool } from '../change-pool.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'
import { findResource, insertResource } from '../pool-resource-repository.ts'
import { createCertificate } from './create-certificate.ts'

/** What the pool signs its SAML requests with: the certificate in base64 of its DER, its private key sealed. */
type SigningCertificate = PoolResource<{ readonly certificate: string; readonly sealedPrivateKey: string }>

export const signingCertificates = resourceKind<SigningCertificate['config']>('signing-certificate')

/** A pool has one. */
const id = 'saml'

export type SigningCertificateDeps = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock }

/** The pool's certificate, made when it is first asked for. Throws ResourceNotFoundException when the pool is gone. */
export async function getOrCreateSigningCertificate({ db, secrets, clock }: SigningCertificateDeps, poolId: string): Promise<string> {
  const kept = await findResource(db, poolId, signingCertificates, id)
  if (kept !== undefined) return kept.config.certificate
  const now = clock.now()
  const made = await createCertificate(poolId, now)
  const config = {
    certificate: made.certificate.toString('base64'),
    sealedPrivateKey: secrets.seal('signing-key', made.privateKey, sealContext(poolId)),
  }
  return db.transaction().execute(async (tx) => {
    await requireLockedPool(tx, poolId)
    if (await insertResource(tx, poolId, signingCertificates, { id, createdAt: now, updatedAt: now, config })) return config.certificate
    // Somebody was faster; everybody has to be told of the same one.
    return (await findResource(tx, poolId, signingCertificates, id))?.config.certificate ?? config.certificate
  })
}

/** The key of the pool's certificate; undefined while there is no certificate. */
export async function findSigningKey(
  { db, secrets }: Omit<SigningCertificateDeps, 'clock'>,
  poolId: string,
): Promise<KeyObject | undefined> {
  const kept = await findResource(db, poolId, signingCertificates, id)
  const key = kept && secrets.open('signing-key', kept.config.sealedPrivateKey, sealContext(poolId))
  return key && createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

const sealContext = (poolId: string): string => `${poolId} saml`

/** With the private key under the key of `Secrets.seal`. */
export function resealCertificate(secrets: Secrets, poolId: string, config: SigningCertificate['config']): SigningCertificate['config'] {
  return { ...config, sealedPrivateKey: secrets.reseal('signing-key', config.sealedPrivateKey, sealContext(poolId)) }
}
