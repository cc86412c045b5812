/** A user pool whose ID tokens an identity pool accepts. */
export type UserPoolProvider = {
  /** `cognito-idp.<region>.amazonaws.com/<user pool id>`. */
  readonly name: string
  readonly clientId: string
  /** Whether the user pool is asked if the token was revoked. */
  readonly checksRevocation: boolean
}

/** A rule of a role mapping. The first rule that matches the claims of the token gives the role. */
export type RoleRule = {
  readonly claim: string
  readonly matchType: 'Equals' | 'Contains' | 'StartsWith' | 'NotEqual'
  readonly value: string
  readonly roleArn: string
}

/** How the role of a user of one provider is chosen. */
export type RoleMappingOfProvider = {
  /** What gives the role: the claims of the provider's token about roles, or rules. */
  readonly type: 'Token' | 'Rules'
  /** What happens when neither gives exactly one role. */
  readonly ambiguousRole: 'AuthenticatedRole' | 'Deny'
  /** Empty when the type is `Token`. */
  readonly rules: readonly RoleRule[]
}

/** The default roles of an identity pool, and role mappings by provider. */
export type PoolRoles = {
  readonly authenticated: string | undefined
  readonly unauthenticated: string | undefined
  readonly mappings: Readonly<Record<string, RoleMappingOfProvider>>
}

/** How claims of a provider's token become principal tags. */
export type TagAttributeMap = {
  /** Whether the tags are the default ones, `client` and `username`. */
  readonly usesDefaults: boolean
  /** Tag key → name of the claim. */
  readonly tags: Readonly<Record<string, string>>
}

export type IdentityPool = {
  /** `<region>:<UUID>`. */
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly allowsGuests: boolean
  /** Undefined when it was not set: the classic flow is then not allowed. */
  readonly allowsClassicFlow: boolean | undefined
  /** Key of `Logins` → id of the app at the public provider. Sealed for the providers of `secretLoginProviders`. */
  readonly loginProviders: Readonly<Record<string, string>>
  readonly developerProvider: string | undefined
  readonly oidcProviderArns: readonly string[]
  readonly userPoolProviders: readonly UserPoolProvider[]
  readonly samlProviderArns: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  readonly roles: PoolRoles | undefined
  /** By provider. */
  readonly tagMaps: Readonly<Record<string, TagAttributeMap>>
}
