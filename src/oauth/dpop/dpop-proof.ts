import { createHash, timingSafeEqual } from 'node:crypto'
import { decodeProtectedHeader } from 'jose/decode/protected_header'
import * as errors from 'jose/errors'
import { EmbeddedJWK } from 'jose/jwk/embedded'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { jwtVerify } from 'jose/jwt/verify'
import type { Clock } from '../../base/clock.ts'
import { minuteMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import { endpointBasesOf } from '../../pools/domains/endpoint-base.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import { OAuthError } from '../oauth-error.ts'
import { isValidNonce, requiresNonces } from './dpop-nonce.ts'

export type DpopDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly pools: PoolCatalog
  readonly publicUrl: string
}

/** A request that a proof is for. */
export type ProvenRequest = {
  readonly pool: Pool
  readonly method: string
  /** The path of the endpoint. */
  readonly path: string
  /** The access token that is sent with the proof. */
  readonly accessToken?: string | undefined
}

/** The algorithms of proofs. All of them are asymmetric (RFC 9449 §4.3). */
export const proofAlgorithms: readonly string[] = ['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA', 'Ed25519']

/** The longest proof. Those with an RSA key of 4096 bits have about 2,000 characters. */
const longestProof = 8192
/** How old a proof may be, and how far ahead the clock of the client may be. */
const oldestMs = 5 * minuteMs
const skewMs = minuteMs

/**
 * Checks a proof (RFC 9449 §4.3), and uses it up. Returns the thumbprint of its key (RFC 7638).
 *
 * @throws OAuthError invalid_dpop_proof when the proof is not valid, is for another request or token, or was used before.
 * @throws OAuthError use_dpop_nonce when the pool demands a nonce, and the proof has none or one that is too old.
 */
export async function verifyProof(deps: DpopDeps, proof: string, request: ProvenRequest): Promise<string> {
  const { jkt, claims } = await verifySignature(deps, proof)
  const { htm, htu, iat, jti, ath } = claims
  if (htm !== request.method || !(await isOwnAddress(deps, request, htu))) throw invalidProof()
  const now = deps.clock.now()
  if (typeof iat !== 'number' || iat * 1000 <= now - oldestMs || iat * 1000 > now + skewMs) throw invalidProof()
  if (request.accessToken !== undefined && !isHashOf(request.accessToken, ath)) throw invalidProof()
  if (typeof jti !== 'string' || jti === '') throw invalidProof()
  if (requiresNonces(request.pool) && !isValidNonce(deps, request.pool, claims['nonce'])) throw nonceNeeded()
  const id = createHash('sha256')
    .update(JSON.stringify([jkt, jti]))
    .digest('base64url')
  if (!(await consumeState(deps.db, `dpop:${id}`, Math.ceil(iat * 1000) + oldestMs))) throw invalidProof()
  return jkt
}

type Verified = { readonly jkt: string; readonly claims: Readonly<Record<string, unknown>> }

async function verifySignature({ clock }: DpopDeps, proof: string): Promise<Verified> {
  if (proof.length > longestProof) throw invalidProof()
  try {
    const { jwk } = decodeProtectedHeader(proof)
    // A private key in the header is a leak of the client. EmbeddedJWK refuses it as well; this is the same rule for the thumbprint.
    if (jwk === undefined) throw invalidProof()
    const { payload } = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: [...proofAlgorithms],
      typ: 'dpop+jwt',
      currentDate: new Date(clock.now()),
    })
    return { jkt: await calculateJwkThumbprint(jwk), claims: payload }
  } catch (error) {
    // A key in the header that cannot be read is a DataError or a TypeError of the runtime.
    const isOfProof = error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException
    throw isOfProof ? invalidProof(error) : error
  }
}

/** The address without query and fragment. A pool's endpoints have more than one host (RFC 9449 §4.3, point 9). */
async function isOwnAddress({ pools, publicUrl }: DpopDeps, { pool, path }: ProvenRequest, htu: unknown): Promise<boolean> {
  const url = typeof htu === 'string' ? URL.parse(htu) : null
  if (url === null) return false
  const bases = endpointBasesOf(publicUrl, await pools.findDomainsOf(pool.id))
  return bases.some((base) => `${url.origin}${url.pathname}` === `${base}${path}`)
}

function isHashOf(accessToken: string, ath: unknown): boolean {
  const expected = Buffer.from(createHash('sha256').update(accessToken).digest('base64url'))
  const given = Buffer.from(typeof ath === 'string' ? ath : '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** The answer carries a nonce in the header DPoP-Nonce. */
const nonceNeeded = () => new OAuthError('use_dpop_nonce', { description: 'The proof needs the nonce of the header DPoP-Nonce.' })
const invalidProof = (cause?: unknown) => new OAuthError('invalid_dpop_proof', { cause })

/** The members of discovery documents in pools of manner strict (RFC 9449 §5.1). */
export const dpopMetadata = () => ({ dpop_signing_alg_values_supported: proofAlgorithms })
