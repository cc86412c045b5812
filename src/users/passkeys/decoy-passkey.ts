import type { Secrets } from '../../base/secrets.ts'
import type { Passkey } from './passkey.ts'
import type { RelyingParty } from './relying-party.ts'

/** The lengths, in bytes, of the passkey ids that Google, Apple and Windows make. */
const idLengths = [16, 20, 32] as const

/**
 * An ES256 key, the generator of P-256. A signature for a decoy is checked with this key only so that the check takes as long as for a
 * user.
 */
const publicKey = Buffer.from(
  'a5010203262001215820' +
    '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
    '225820' +
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
)

/** The transports that browsers report for the passkeys of phones, computers and security keys. */
const usualTransports = [['hybrid', 'internal'], ['internal'], ['hybrid', 'internal'], ['usb'], ['nfc', 'usb']] as const

/**
 * The first `count` passkeys of a decoy. They are always the same. To refuse a signature for them takes as long as for a user's passkeys.
 */
export function decoyPasskeys(
  secrets: Secrets,
  decoy: Pick<Passkey, 'poolId' | 'sub'>,
  relyingParty: RelyingParty,
  count: number,
): readonly Passkey[] {
  return Array.from({ length: count }, (_, index) => decoyPasskey(secrets, decoy, relyingParty, String(index)))
}

function decoyPasskey(
  secrets: Secrets,
  { poolId, sub }: Pick<Passkey, 'poolId' | 'sub'>,
  relyingParty: RelyingParty,
  index: string,
): Passkey {
  const bytes = secrets.mac('decoy', poolId, 'passkey', sub, index)
  const length = idLengths[(bytes[0] ?? 0) % idLengths.length] ?? 16
  return {
    poolId,
    sub,
    id: secrets.mac('decoy', poolId, 'passkey-id', sub, index).subarray(0, length).toString('base64url'),
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
