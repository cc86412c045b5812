import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { ProviderUserIdentifierType } from '../../contract/generated/types.ts'
import { type IdentityProvider, socialTypes } from '../../pools/identity-providers/identity-provider.ts'
import { findIdentityProvider } from '../../pools/identity-providers/identity-provider-repository.ts'
import { providerNotFound } from '../../pools/identity-providers/identity-provider-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { subjectAttribute } from './linked-identity.ts'

/** An identity at a provider, as a request names it. */
export type ProviderIdentity = { readonly provider: IdentityProvider; readonly attributeName: string | undefined; readonly userId: string }

/** Whether the name of a provider stands for the pool itself. */
export const isOwnDirectory = (name: string | undefined): boolean => name === undefined || name.toUpperCase() === 'COGNITO'

/** @throws ApiError InvalidParameterException when the value is missing. */
export function requireValue(member: string, value: string | undefined): string {
  if (!value) throw new ApiError('InvalidParameterException', `${member} is required.`)
  return value
}

/** Names of claims and SAML attributes are URIs at most. */
const longestAttributeName = 512

/**
 * @throws ApiError ResourceNotFoundException when the pool does not have the provider.
 * @throws ApiError InvalidParameterException when the attribute cannot identify users. At a social provider only the subject can identify
 * users; at other providers any claim or SAML attribute can, too.
 */
export async function readIdentity(
  { db, secrets }: { readonly db: Db; readonly secrets: Secrets },
  pool: Pool,
  identifier: ProviderUserIdentifierType,
): Promise<ProviderIdentity> {
  const name = requireValue('ProviderName', identifier.ProviderName)
  const userId = requireValue('ProviderAttributeValue', identifier.ProviderAttributeValue)
  const attribute = requireValue('ProviderAttributeName', identifier.ProviderAttributeName)
  const provider = await findIdentityProvider(db, secrets, pool.id, name)
  if (provider === undefined) throw providerNotFound(name)
  if (attribute === subjectAttribute) return { provider, attributeName: undefined, userId }
  const isSocial = socialTypes.includes(provider.config.type)
  if (isSocial || attribute.length > longestAttributeName) {
    const choice = isSocial ? subjectAttribute : `${subjectAttribute} or the name of a claim, of at most ${longestAttributeName} characters`
    throw new ApiError('InvalidParameterException', `Invalid ProviderAttributeName for ${name}: it must be ${choice}.`)
  }
  return { provider, attributeName: attribute, userId }
}
