import { sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { Claims } from './claim-value.ts'
import type { SigningKey } from './signing-key.ts'

const signOnThreadPool = promisify(sign) as (algorithm: string, data: Buffer, key: SigningKey['privateKey']) => Promise<Buffer>

/** A compact JWS by RS256 (RFC 7515 §7.1). The header has exactly `kid` and `alg`, as Cognito's headers have. */
export async function signJwt(key: SigningKey, claims: Claims): Promise<string> {
  const input = `${headerOf(key)}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  const signature = await signOnThreadPool('RSA-SHA256', Buffer.from(input), key.privateKey)
  return `${input}.${signature.toString('base64url')}`
}

const headers = new WeakMap<SigningKey, string>()

function headerOf(key: SigningKey): string {
  let header = headers.get(key)
  if (header === undefined) {
    header = Buffer.from(JSON.stringify({ kid: key.kid, alg: 'RS256' })).toString('base64url')
    headers.set(key, header)
  }
  return header
}
