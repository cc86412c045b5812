import { identitiesOf } from '../users/linked-identities/linked-identity.ts'
import { mergedSubsAttribute, mergedSubsOf } from '../users/merging/merged-subs.ts'

export type Claims = Readonly<Record<string, unknown>>

/**
 * Linked identities as Cognito writes them into a token: every value is text, except `issuer`, which is null (as at Cognito where the
 * provider names no issuer).
 */
function identityClaims(value: string): unknown {
  return identitiesOf({ identities: value }).map(({ userId, providerName, providerType, primary, dateCreated }) => ({
    userId,
    providerName,
    providerType,
    issuer: null,
    primary: String(primary),
    dateCreated: String(dateCreated),
  }))
}

/** A user's attribute in the type that it has in ID tokens (OpenID Connect Core §5.1). Custom attributes are always text. */
export function claimValue(name: string, value: string): unknown {
  if (name === 'email_verified' || name === 'phone_number_verified') return value === 'true'
  if (name === 'address') return { formatted: value }
  if (name === 'updated_at') return Number(value)
  if (name === 'identities') return identityClaims(value)
  if (name === mergedSubsAttribute) return mergedSubsOf({ [name]: value })
  return value
}
