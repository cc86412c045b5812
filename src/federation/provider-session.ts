/** What ends a user's session at a provider. It is small, because the browser keeps it in a cookie. */
export type ProviderSession = {
  readonly providerName: string
  /** Of a SAML provider: the user, as the provider wrote it in the assertion. */
  readonly subject?: SamlSubject | undefined
  /** Of an OpenID Connect provider: the ID token, unless it is too long. */
  readonly idToken?: string | undefined
}

/** The NameID with its attributes, and the index of the session (SAML 2.0 Core §2.2.3, §2.7.2). */
export type SamlSubject = {
  readonly nameId: string
  readonly format?: string | undefined
  readonly nameQualifier?: string | undefined
  readonly spNameQualifier?: string | undefined
  readonly sessionIndex?: string | undefined
}
