import { createHash } from 'node:crypto'

/** An identity of the user at an identity provider, as it stands in the attribute `identities`. */
export type LinkedIdentity = {
  readonly providerName: string
  readonly providerType: string
  /** The value that identifies the user at the provider: the subject, or the attribute `attributeName`. */
  readonly userId: string
  /**
   * The attribute that `userId` is a value of: a mapped attribute of the pool, or else a claim or SAML attribute of the provider. Undefined
   * for the subject.
   */
  readonly attributeName?: string
  /** The provider's issuer or entity id, where it has one. */
  readonly issuer?: string
  /** Whether the first sign-in with this identity created the user. */
  readonly primary: boolean
  /** Epoch milliseconds. */
  readonly dateCreated: number
}

/** Cognito's name for the attribute in which a provider has the subject of its users. */
export const subjectAttribute = 'Cognito_Subject'

/** The user's linked identities. Most users do not have the attribute `identities`, so for most users nothing is parsed. */
export function identitiesOf(attributes: Readonly<Record<string, string>>): readonly LinkedIdentity[] {
  const text = attributes['identities']
  return text === undefined ? [] : (JSON.parse(text) as LinkedIdentity[])
}

/** Replaces the linked identities in `attributes` by `identities`. If that list is empty, the attribute `identities` is left out. */
export function withIdentities(
  attributes: Readonly<Record<string, string>>,
  identities: readonly LinkedIdentity[],
): Readonly<Record<string, string>> {
  const { identities: _before, ...others } = attributes
  return identities.length === 0 ? others : { ...others, identities: JSON.stringify(identities) }
}

/**
 * The key that the linked identity is stored under in the table of aliases. A sign-in with the identity finds its user by this key. The key
 * is case-sensitive, as providers' subjects are. It is a digest, because subjects can be long.
 */
export function identityAlias(identity: Pick<LinkedIdentity, 'providerName' | 'attributeName' | 'userId'>) {
  const parts = JSON.stringify([identity.providerName, identity.attributeName ?? subjectAttribute, identity.userId])
  return { kind: 'identity', key: createHash('sha256').update(parts).digest('base64url') } as const
}

/** A short hash of the identity, for cookies. It is long enough that no other identity with the same hash can be found. */
export const identityMark = (identity: Parameters<typeof identityAlias>[0]): string => identityAlias(identity).key.slice(0, 20)
