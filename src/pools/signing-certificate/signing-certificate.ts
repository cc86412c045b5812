import { createPrivateKey } from 'node:crypto'
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

/** What the keys are for: to sign requests, and to open encrypted assertions. Each has an id of its own among the pool's resources. */
const ids = { signing: 'saml', encryption: 'saml-encryption' } as const

type SamlUse = keyof typeof ids

export type SigningCertificateDeps = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock }

/**
 * The pool's certificate for the use. The first call creates it.
 * @throws ApiError ResourceNotFoundException when the pool does not exist
 */
export async function getOrCreateSamlCertificate(deps: SigningCertificateDeps, poolId: string, use: SamlUse): Promise<string> {
  return (await getOrCreate(deps, poolId, use)).certificate
}

/** The certificate for the use, DER in base64, and its private key as PEM. The first call creates both. */
export async function getSamlKey(
  deps: SigningCertificateDeps,
  poolId: string,
  use: SamlUse,
): Promise<{ readonly certificate: string; readonly privateKey: string }> {
  const { certificate, sealedPrivateKey } = await getOrCreate(deps, poolId, use)
  const key = deps.secrets.open('signing-key', sealedPrivateKey, sealContext(poolId))
  if (key === undefined) throw new Error(`The SAML key of pool ${poolId} does not open with this master key.`)
  return {
    certificate,
    privateKey: createPrivateKey({ key, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

async function getOrCreate(
  { db, secrets, clock }: SigningCertificateDeps,
  poolId: string,
  use: SamlUse,
): Promise<SigningCertificate['config']> {
  const id = ids[use]
  const stored = await findResource(db, poolId, signingCertificates, id)
  if (stored !== undefined) return stored.config
  const now = clock.now()
  const created = await createCertificate(poolId, now)
  const config = {
    certificate: created.certificate.toString('base64'),
    sealedPrivateKey: secrets.seal('signing-key', created.privateKey, sealContext(poolId)),
  }
  return db.transaction().execute(async (tx) => {
    await requireLockedPool(tx, poolId)
    if (await insertResource(tx, poolId, signingCertificates, { id, createdAt: now, updatedAt: now, config })) return config
    // Another request stored its certificate first. All callers must get the same one.
    return (await findResource(tx, poolId, signingCertificates, id))?.config ?? config
  })
}

const sealContext = (poolId: string): string => `${poolId} saml`

/** The stored certificate with its private key sealed under the current master key. */
export function resealCertificate(secrets: Secrets, poolId: string, config: SigningCertificate['config']): SigningCertificate['config'] {
  return { ...config, sealedPrivateKey: secrets.reseal('signing-key', config.sealedPrivateKey, sealContext(poolId)) }
}
