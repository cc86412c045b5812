import { isStorable, unstorableText } from '../../contract/constraints.ts'
import { requiredAttributeNames, writableAttributes } from '../../pools/attribute-rules.ts'
import { type AttributeMode, providerExtensionOf } from '../../pools/extensions/federation-extension.ts'
import { federationOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Attributes, User } from '../../users/user.ts'
import { claimIn, type FederatedIdentity } from '../federated-identity.ts'
import { FederationError } from '../federation-error.ts'

/**
 * The attributes of the pool that the provider's claims give. A claim that is missing gives nothing, so that the user keeps the old value; an
 * empty one clears the attribute. Attributes that the app client may not write are left out, as at Cognito. `user` is undefined at the first
 * sign-in.
 *
 * @throws FederationError when a value cannot be stored.
 */
export function mapAttributes(
  { pool, client }: PoolAndClient,
  { provider, claims }: Pick<FederatedIdentity, 'provider' | 'claims'>,
  user: User | undefined,
): Attributes {
  const isWritable = writableAttributes(pool, client)
  const { attributeModes } = providerExtensionOf(federationOf(pool), provider.id)
  const mapped: Record<string, string> = {}
  for (const [attribute, claim] of Object.entries(provider.config.attributeMapping)) {
    const value = claimIn(claims, claim)
    if (attribute === 'username' || value === undefined) continue
    if (!isStorable(value)) throw new FederationError(`Invalid user attributes: ${attribute}: ${unstorableText}`)
    const [, contact] = /^(email|phone_number)_verified$/.exec(attribute) ?? []
    const isWritten =
      isWritable(contact ?? attribute) && writesBy(attributeModes[contact ?? attribute], user?.attributes[contact ?? attribute], user)
    if (isWritten) mapped[attribute] = contact === undefined ? value : String(value.toLowerCase() === 'true')
  }
  return { ...withoutLooseFlags(mapped), ...verificationOf(pool, { provider, claims }, mapped) }
}

/** Flags such as `email_verified` count for an address that came with them only. The user may have changed the one that is stored. */
const withoutLooseFlags = (mapped: Attributes): Attributes =>
  Object.fromEntries(Object.entries(mapped).filter(([name]) => !name.endsWith('_verified') || mapped[name.replace(/_verified$/, '')]))

/**
 * Whether the provider has verified the address, where the pool says so for all addresses of the provider or links users by them. Only the
 * claim `email` has a claim that says so. Otherwise the attribute is what it is mapped from.
 */
function verificationOf(pool: Pool, { provider, claims }: Pick<FederatedIdentity, 'provider' | 'claims'>, mapped: Attributes): Attributes {
  const federation = federationOf(pool)
  const { emailVerified } = providerExtensionOf(federation, provider.id)
  if (!mapped['email']) return {}
  if (emailVerified !== 'AS_CLAIMED') return { email_verified: String(emailVerified === 'ALWAYS') }
  const isClaimed =
    mapped['email_verified'] === undefined && federation.linking !== 'SEPARATE' && provider.config.attributeMapping['email'] === 'email'
  return isClaimed ? { email_verified: String(claims['email_verified'] === 'true') } : {}
}

function writesBy(mode: AttributeMode = 'ALWAYS', value: string | undefined, user: User | undefined): boolean {
  switch (mode) {
    case 'ALWAYS':
      return true
    case 'IF_EMPTY':
      return !value
    case 'FIRST':
      return user === undefined
    case 'NEVER':
      return false
  }
}

/** @throws FederationError with Cognito's text when the user would lack an attribute that the pool requires. */
export function requireRequired(pool: Pool, attributes: Attributes): void {
  const missing = requiredAttributeNames(pool).filter((name) => !attributes[name])
  if (missing.length > 0) throw new FederationError(`attributes required: [${missing.join(', ')}]`, { reason: 'refused' })
}
