import type { Secrets } from '../base/secrets.ts'
import { addressIn, simulateAddress } from '../messaging/simulated-delivery.ts'
import { drawShare } from '../pools/likeness/likeness.ts'
import { type ContactAttribute, nameKey, type Pool } from '../pools/pool.ts'
import { type Belongings, drawUsualKind, type Kind, readKind } from './likeness/kind.ts'
import type { Attributes, User } from './user.ts'

export type DecoyUser = { readonly user: User } & Belongings

/**
 * A user made up for a name, always the same, who looks like one of the pool's users: what strangers are shown follows from it by the rules
 * that users are treated by. It is stored nowhere, and nothing proves to be it.
 */
export function makeUpUser(secrets: Secrets, pool: Pool, { name, sub }: { name: string; sub: string }): DecoyUser {
  const kind = withAddressIn(name, kindFor(secrets, pool, name))
  return {
    user: {
      poolId: pool.id,
      sub,
      username: name,
      status: kind.isTemporary ? 'FORCE_CHANGE_PASSWORD' : 'CONFIRMED',
      enabled: true,
      attributes: attributesFor(secrets, pool, name, kind),
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

function kindFor(secrets: Secrets, pool: Pool, name: string): Kind {
  const bytes = secrets.mac('decoy', pool.id, 'kind', nameKey(pool, name))
  const usual = drawUsualKind(pool, bytes)
  const drawn = pool.likeness && drawShare(pool.likeness.kinds, (bytes[31] ?? 0) & 63)
  return drawn === undefined ? usual : readKind(drawn)
}

/** A user who is called by an address has that address. */
function withAddressIn(name: string, kind: Kind): Kind {
  const contact = addressIn(name)
  if (contact === 'email' && kind.email === 'none') return { ...kind, email: 'verified' }
  if (contact === 'phone_number' && kind.phoneNumber === 'none') return { ...kind, phoneNumber: 'verified' }
  return kind
}

/** Both addresses are made up, whichever is needed: it takes as long for every name. */
function attributesFor(secrets: Secrets, pool: Pool, name: string, kind: Kind): Attributes {
  const of = (attribute: ContactAttribute, state: Kind['email']): Attributes => {
    const value = simulateAddress(secrets, pool, name, attribute)
    return state === 'none' ? {} : { [attribute]: value, [`${attribute}_verified`]: String(state === 'verified') }
  }
  return { ...of('email', kind.email), ...of('phone_number', kind.phoneNumber) }
}
