import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import type { KeyPair } from './key-pairs.ts'

export type KeyUse = 'access' | 'id'

/** Identity pools sign by RS512, as at Cognito (observed). */
export type SigningAlgorithm = 'RS256' | 'RS512'

/** A public key as it stands in the JWK set (RFC 7517). */
export type PublicJwk = {
  readonly kty: string
  readonly n: string
  readonly e: string
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly use: 'sig'
}

/** One RSA-2048 key. `poolId` is `identityPoolKeys` for the keys of identity pools. A user pool signs access tokens and ID tokens with different keys, as Cognito does. */
export type SigningKey = {
  readonly poolId: string
  readonly kid: string
  readonly use: KeyUse
  readonly createdAt: number
  /** When the key stopped signing; null while the key signs. */
  readonly retiredAt: number | null
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly publicJwk: PublicJwk
}

/** A signing key with a new id. */
export function newSigningKey(
  { poolId, use, alg }: { readonly poolId: string; readonly use: KeyUse; readonly alg: SigningAlgorithm },
  { privateKey, publicKey }: KeyPair,
  now: number,
): SigningKey {
  const kid = randomBytes(32).toString('base64')
  const { n, e } = publicKey.export({ format: 'jwk' })
  if (n === undefined || e === undefined) throw new Error('The generated RSA key has no modulus or exponent.')
  return {
    poolId,
    kid,
    use,
    createdAt: now,
    retiredAt: null,
    privateKey,
    publicKey,
    publicJwk: { alg, e, kid, kty: 'RSA', n, use: 'sig' },
  }
}

export const exportPrivateKey = (key: SigningKey): Buffer => key.privateKey.export({ format: 'der', type: 'pkcs8' })

export const importPrivateKey = (der: Buffer): KeyObject => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
