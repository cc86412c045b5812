import type { Secrets } from '../../base/secrets.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Passkey } from './passkey.ts'
import type { RelyingParty } from './relying-party.ts'

/** As long as those of Google, Apple and Windows. */
const idLengths = [16, 20, 32] as const

/** ES256 with the generator of P-256: a key as good as any to try a signature on that is not going to count. */
const publicKey = Buffer.from(
  'a5010203262001215820' +
    '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
    '225820' +
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
)

/** As browsers tell them of the passkeys of phones, computers and keys. */
const usualTransports = [['hybrid', 'internal'], ['internal'], ['hybrid', 'internal'], ['usb'], ['nfc', 'usb']] as const

/** The passkeys of a user who does not exist: the same each time, and for signatures that take as long to refuse as a user's. */
export function decoyPasskeys(secrets: Secrets, pool: Pool, sub: string, relyingParty: RelyingParty, count: number): readonly Passkey[] {
  return Array.from({ length: count }, (_, index) => decoyPasskey(secrets, pool, sub, relyingParty, index))
}

function decoyPasskey(secrets: Secrets, pool: Pool, sub: string, relyingParty: RelyingParty, index: number): Passkey {
  const bytes = secrets.mac('decoy', pool.id, 'passkey', sub, String(index))
  const length = idLengths[(bytes[0] ?? 0) % idLengths.length] ?? 16
  return {
    poolId: pool.id,
    sub,
    id: secrets.mac('decoy', pool.id, 'passkey-id', sub, String(index)).subarray(0, length).toString('base64url'),
    publicKey,
    counter: 0,
    relyingPartyId: relyingParty.id,
    transports: usualTransports[(bytes[1] ?? 0) % usualTransports.length] ?? [],
    attachment: undefined,
    name: '',
    createdAt: 0,
    lastUsedAt: null,
  }
}
