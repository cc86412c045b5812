import { sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { Claims } from './claim-value.ts'
import type { SigningKey } from './signing-key.ts'

const signOnThreadPool = promisify(sign) as (algorithm: string, data: Buffer, key: SigningKey['privateKey']) => Promise<Buffer>

/**
 * A compact JWS (RFC 7515 §7.1) by the algorithm of the key. The header has exactly `kid` and `alg`, as Cognito's headers have, and `typ`
 * where the kind of token has one.
 */
export async function signJwt(key: SigningKey, claims: Claims, typ?: string): Promise<string> {
  const input = `${typ === undefined ? headerOf(key) : writeHeader(key, typ)}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  const signature = await signOnThreadPool(hashes[key.publicJwk.alg], Buffer.from(input), key.privateKey)
  return `${input}.${signature.toString('base64url')}`
}

const hashes = { RS256: 'RSA-SHA256', RS512: 'RSA-SHA512' } as const

const headers = new WeakMap<SigningKey, string>()

function headerOf(key: SigningKey): string {
  let header = headers.get(key)
  if (header === undefined) {
    header = writeHeader(key, undefined)
    headers.set(key, header)
  }
  return header
}

function writeHeader({ kid, publicJwk: { alg } }: SigningKey, typ: string | undefined): string {
  return Buffer.from(JSON.stringify({ kid, alg, typ })).toString('base64url')
}
