import { createHash } from 'node:crypto'

/** Somebody at an identity provider who is this user, as the attribute `identities` shows them. */
export type LinkedIdentity = {
  readonly providerName: string
  readonly providerType: string
  /** What `attributeName` says about them at the provider. */
  readonly userId: string
  /** Undefined for the provider's own name of the subject. */
  readonly attributeName?: string
  /** Whether the user came into being by it. */
  readonly primary: boolean
  /** Epoch milliseconds. */
  readonly dateCreated: number
}

/** The name by which Cognito calls whatever a provider knows its users by. */
export const subjectAttribute = 'Cognito_Subject'

/** Absent from most users, so that most pay nothing for it. */
export function identitiesOf(attributes: Readonly<Record<string, string>>): readonly LinkedIdentity[] {
  const text = attributes['identities']
  return text === undefined ? [] : (JSON.parse(text) as LinkedIdentity[])
}

/** The attributes with these identities; without the attribute when there are none. */
export function withIdentities(
  attributes: Readonly<Record<string, string>>,
  identities: readonly LinkedIdentity[],
): Readonly<Record<string, string>> {
  const { identities: _before, ...others } = attributes
  return identities.length === 0 ? others : { ...others, identities: JSON.stringify(identities) }
}

/** Exact and case-sensitive, as providers' subjects are; by digest, because they may be long. */
export function identityAlias(identity: Pick<LinkedIdentity, 'providerName' | 'attributeName' | 'userId'>) {
  const parts = JSON.stringify([identity.providerName, identity.attributeName ?? subjectAttribute, identity.userId])
  return { kind: 'identity', key: createHash('sha256').update(parts).digest('base64url') } as const
}
