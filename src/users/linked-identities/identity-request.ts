import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { ProviderUserIdentifierType } from '../../contract/generated/types.ts'
import { type IdentityProvider, socialTypes } from '../../pools/identity-providers/identity-provider.ts'
import { findIdentityProvider } from '../../pools/identity-providers/identity-provider-repository.ts'
import { providerNotFound } from '../../pools/identity-providers/identity-provider-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { subjectAttribute } from './linked-identity.ts'

/** What a request says of somebody at a provider. */
export type NamedIdentity = { readonly provider: IdentityProvider; readonly attributeName: string | undefined; readonly userId: string }

export const isOwnDirectory = (name: string | undefined): boolean => name === undefined || name.toUpperCase() === 'COGNITO'

/** Throws InvalidParameterException when the value is missing. */
export function requireValue(member: string, value: string | undefined): string {
  if (!value) throw new ApiError('InvalidParameterException', `${member} is required.`)
  return value
}

/**
 * Throws ResourceNotFoundException for a provider that the pool does not have, and InvalidParameterException for an attribute that
 * nobody can be known by: social providers know their users by subject only, the others also by what is mapped from their answers.
 */
export async function readIdentity(
  { db, secrets }: { readonly db: Db; readonly secrets: Secrets },
  pool: Pool,
  named: ProviderUserIdentifierType,
): Promise<NamedIdentity> {
  const name = requireValue('ProviderName', named.ProviderName)
  const userId = requireValue('ProviderAttributeValue', named.ProviderAttributeValue)
  const attribute = requireValue('ProviderAttributeName', named.ProviderAttributeName)
  const provider = await findIdentityProvider(db, secrets, pool.id, name)
  if (provider === undefined) throw providerNotFound(name)
  if (attribute === subjectAttribute) return { provider, attributeName: undefined, userId }
  const isSocial = socialTypes.includes(provider.config.type)
  if (isSocial || !Object.hasOwn(provider.config.attributeMapping, attribute)) {
    const choice = isSocial ? subjectAttribute : `${subjectAttribute} or an attribute that is mapped from the provider`
    throw new ApiError('InvalidParameterException', `Invalid ProviderAttributeName for ${name}: it must be ${choice}.`)
  }
  return { provider, attributeName: attribute, userId }
}
