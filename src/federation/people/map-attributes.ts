import type { AppClient } from '../../pools/app-client.ts'
import { requiredAttributeNames, writableAttributes } from '../../pools/attribute-rules.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Texts } from '../../triggers/trigger.ts'
import type { Attributes } from '../../users/user.ts'
import { FederationError } from '../federation-error.ts'

/**
 * The attributes of the pool that the provider's claims give. A claim that is missing gives nothing, so that the user keeps the old value; an
 * empty one clears the attribute. Attributes that the app client may not write are left out, as at Cognito.
 */
export function mapAttributes(pool: Pool, client: AppClient, provider: IdentityProvider, claims: Texts): Attributes {
  const isWritable = writableAttributes(pool, client)
  const mapped: Record<string, string> = {}
  for (const [attribute, claim] of Object.entries(provider.config.attributeMapping)) {
    const value = claims[claim]
    if (attribute === 'username' || value === undefined) continue
    const [, contact] = /^(email|phone_number)_verified$/.exec(attribute) ?? []
    if (!isWritable(contact ?? attribute)) continue
    mapped[attribute] = contact === undefined ? value : String(value.toLowerCase() === 'true')
  }
  return mapped
}

/** @throws FederationError with Cognito's text when the user would lack an attribute that the pool requires. */
export function requireRequired(pool: Pool, attributes: Attributes): void {
  const missing = requiredAttributeNames(pool).filter((name) => !attributes[name])
  if (missing.length > 0) throw new FederationError(`attributes required: [${missing.join(', ')}]`)
}
