import type { Secrets } from '../base/secrets.ts'
import { addressIn, simulateAddress } from '../messaging/simulated-delivery.ts'
import { type ContactAttribute, nameKey, type Pool } from '../pools/pool.ts'
import { pickByShare } from '../pools/user-statistics/user-statistics.ts'
import type { Attributes, User } from './user.ts'
import { drawTypicalKind, parseUserKind, type RegisteredFactors, type UserKind } from './user-statistics/user-kind.ts'

export type DecoyUser = { readonly user: User } & RegisteredFactors

/**
 * The decoy for a name. The decoy is stable for a name and looks like one of the pool's users. Answers about it are made by the same code
 * as answers about users. It is never stored, and no proof is ever accepted for it.
 */
export function draftDecoyUser(secrets: Secrets, pool: Pool, { name, sub }: { name: string; sub: string }): DecoyUser {
  const kind = withAddressInName(name, draftKind(secrets, pool, name))
  return {
    user: {
      poolId: pool.id,
      sub,
      username: name,
      status: kind.isTemporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED',
      enabled: true,
      attributes: draftAttributes(secrets, pool, name, kind),
      password: kind.hasPassword ? '' : null,
      passwordExpiresAt: null,
      signedOutAt: null,
      createdAt: 0,
      updatedAt: 0,
      mfa: { enabled: kind.mfa, preferred: null, byOptions: false, passkey: kind.usesPasskeyForMfa },
    },
    hasSoftwareToken: kind.hasSoftwareToken,
    passkeys: kind.passkeys,
  }
}

function draftKind(secrets: Secrets, pool: Pool, name: string): UserKind {
  const bytes = secrets.mac('decoy', pool.id, 'kind', nameKey(pool, name))
  const typical = drawTypicalKind(pool, bytes)
  const serialized = pool.userStatistics && pickByShare(pool.userStatistics.kinds, (bytes[31] ?? 0) & 63)
  return serialized === undefined ? typical : parseUserKind(serialized)
}

/** If the name is an address, the decoy has that address. */
function withAddressInName(name: string, kind: UserKind): UserKind {
  const contact = addressIn(name)
  if (contact === 'email' && kind.email === 'none') return { ...kind, email: 'verified' }
  if (contact === 'phone_number' && kind.phoneNumber === 'none') return { ...kind, phoneNumber: 'verified' }
  return kind
}

/** Always computes both addresses, even those that the decoy does not get: so the call takes equally long for every name. */
function draftAttributes(secrets: Secrets, pool: Pool, name: string, kind: UserKind): Attributes {
  const contact = (attribute: ContactAttribute, state: UserKind['email']): Attributes => {
    const value = simulateAddress(secrets, pool, name, attribute)
    return state === 'none' ? {} : { [attribute]: value, [`${attribute}_verified`]: String(state === 'verified') }
  }
  return { ...contact('email', kind.email), ...contact('phone_number', kind.phoneNumber) }
}
