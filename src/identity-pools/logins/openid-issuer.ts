import { ApiError } from '../../contract/api-error.ts'
import type { IdentityPool } from '../identity-pool.ts'

/** An OpenID Connect issuer whose ID tokens an identity pool accepts. */
export type OpenIdIssuer = {
  readonly url: string
  /** The values of `iss` that the issuer's tokens may have. */
  readonly names: readonly string[]
  /** The client ids that tokens may be issued for. */
  readonly clientIds: readonly string[]
  /** Whether the issuer may have an address that is not public. True for issuers in the operator's settings only. */
  readonly allowPrivate: boolean
  /** The ARN by which the identity pool names the issuer. */
  readonly arn: string | undefined
}

/** Issuer URL without its scheme → issuer and its client ids. */
export type OpenIdClients = ReadonlyMap<string, { readonly url: string; readonly clientIds: readonly string[] }>

/**
 * Reads the value of `--openid-clients`: pairs `<issuer>=<client id>`, separated by commas. No two of its issuers have the same name: the
 * start of the server refuses such a value (setting-rules.ts).
 */
export function readOpenIdClients(text: string | undefined): OpenIdClients {
  const clients = new Map<string, { url: string; clientIds: string[] }>()
  for (const pair of text?.split(',') ?? []) {
    const at = pair.indexOf('=')
    const url = pair.slice(0, at)
    const name = url.replace(/^https?:\/\//, '')
    const { clientIds } = clients.get(name) ?? { clientIds: [] }
    clients.set(name, { url, clientIds: [...clientIds, pair.slice(at + 1)] })
  }
  return clients
}

/** The public providers that are OpenID Connect issuers, and the values of `iss` in their tokens. */
const publicIssuers: Readonly<Record<string, readonly string[]>> = {
  'accounts.google.com': ['https://accounts.google.com', 'accounts.google.com'],
  'appleid.apple.com': ['https://appleid.apple.com'],
}

/**
 * The issuer that the login provider is. Undefined when the identity pool has no such issuer.
 * @throws ApiError NotAuthorizedException when the settings of the server name no client of the issuer
 */
export function findOpenIdIssuer(clients: OpenIdClients, pool: IdentityPool, provider: string): OpenIdIssuer | undefined {
  const clientId = Object.hasOwn(pool.loginProviders, provider) ? pool.loginProviders[provider] : undefined
  const names = Object.hasOwn(publicIssuers, provider) ? publicIssuers[provider] : undefined
  if (clientId !== undefined && names !== undefined) {
    return { url: `https://${provider}`, names, clientIds: [clientId], allowPrivate: false, arn: undefined }
  }
  const arn = pool.oidcProviderArns.find((candidate) => candidate.slice(candidate.indexOf('/') + 1) === provider)
  if (arn === undefined) return undefined
  const registered = clients.get(provider)
  if (registered === undefined) {
    throw new ApiError(
      'NotAuthorizedException',
      `This server knows no client of the OpenID Connect provider ${provider} (--openid-clients).`,
    )
  }
  return { ...registered, names: [registered.url], allowPrivate: true, arn }
}
