// The few types of the library `samlify` that the SAML provider of the tests needs. Its own bring the types of browsers.

export type Entity = { getMetadata(): string }
type Parsed = { readonly extract: { readonly request?: { readonly id?: string } } }
type ParsedAnswer = {
  readonly samlContent: string
  readonly extract: { readonly response?: { readonly inResponseTo?: string; readonly destination?: string }; readonly issuer?: string }
}
type IdentityProvider = Entity & {
  createLoginResponse(
    sp: Entity,
    request: object,
    binding: 'post',
    user: object,
    customize: (template: string) => { readonly id: string; readonly context: string },
  ): Promise<{ readonly context: string }>
  parseLoginRequest(sp: Entity, binding: 'redirect', request: object): Promise<Parsed>
  parseLogoutRequest(sp: Entity, binding: 'redirect', request: object): Promise<Parsed>
  createLogoutRequest(
    sp: Entity,
    binding: 'post' | 'redirect',
    user: object,
    relayState: string,
    customize: () => { readonly id: string; readonly context: string },
  ): { readonly context: string }
  parseLogoutResponse(sp: Entity, binding: 'post' | 'redirect', request: object): Promise<ParsedAnswer>
  createLogoutResponse(
    sp: Entity,
    request: object,
    binding: 'post' | 'redirect',
    relayState: string,
    customize: (template: string) => { readonly id: string; readonly context: string },
  ): { readonly context: string }
}
export type Samlify = {
  IdentityProvider(settings: object): IdentityProvider
  ServiceProvider(settings: object): Entity
  setSchemaValidator(validator: object): void
}
