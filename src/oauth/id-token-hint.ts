import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { compactVerify } from 'jose/jws/compact/verify'
import type { Pool } from '../pools/pool.ts'
import { issuerOf } from '../tokens/issue-tokens.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'

export type HintDeps = { readonly signingKeys: Pick<SigningKeys, 'find'>; readonly publicUrl: string }

/** The user of an ID token, and the app client that it was issued to. */
export type IdTokenHint = { readonly sub: string; readonly clientId: string }

/**
 * Reads an ID token that an app sends to say whom it means (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2). It may have expired: it
 * proves nothing about the present. Undefined for everything that is no ID token of the pool.
 */
export async function readIdTokenHint({ signingKeys, publicUrl }: HintDeps, pool: Pool, token: string): Promise<IdTokenHint | undefined> {
  const claims = await verifiedClaims(signingKeys, pool, token)
  const { iss, sub, aud, token_use: use } = claims ?? {}
  const isOfPool = iss === issuerOf(publicUrl, pool.id) && use === 'id'
  return isOfPool && typeof sub === 'string' && typeof aud === 'string' ? { sub, clientId: aud } : undefined
}

async function verifiedClaims(
  signingKeys: HintDeps['signingKeys'],
  pool: Pool,
  token: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { kid } = decodeProtectedHeader(token)
    const key = kid === undefined ? undefined : await signingKeys.find(pool.id, kid)
    if (key === undefined) return undefined
    const { payload } = await compactVerify(token, key.publicKey, { algorithms: ['RS256'] })
    return JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>
  } catch {
    return undefined
  }
}
