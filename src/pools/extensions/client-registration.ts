import { invalidParameter } from '../../contract/api-error.ts'
import type { ClientRegistrationExtensionType } from '../../contract/generated/types.ts'
import { registrationScope } from '../resource-servers/scopes.ts'

/** A grant that clients may register for. Clients with `authorization_code` get refresh tokens, too. */
export type RegistrationGrant = 'authorization_code' | 'client_credentials'

/** Which app clients may register themselves (RFC 7591). It has an effect in pools of manner `STRICT` only. */
export type ClientRegistrationExtension = {
  /** `OPEN`: without a token. `INITIAL_ACCESS_TOKEN`: with a token of CreateInitialAccessToken. */
  readonly mode: 'OFF' | 'INITIAL_ACCESS_TOKEN' | 'OPEN'
  /** The scopes that registered clients may have. */
  readonly allowedScopes: readonly string[]
  readonly allowedGrantTypes: readonly RegistrationGrant[]
  /** The hosts of redirect URIs: names, or `*.` and a name for all names below it. Undefined allows all redirect URIs of app clients. */
  readonly allowedRedirectHosts: readonly string[] | undefined
  /** The most registered clients that the pool may have at a time. */
  readonly maxClients: number
}

export const noClientRegistration: ClientRegistrationExtension = {
  mode: 'OFF',
  allowedScopes: ['openid', 'email', 'phone', 'profile'],
  allowedGrantTypes: ['authorization_code'],
  allowedRedirectHosts: undefined,
  maxClients: 100,
}

/** @throws ApiError InvalidParameterException when a host is no host, a scope is never granted, or mode OPEN allows all hosts */
export function readClientRegistration(sent: ClientRegistrationExtensionType | undefined): ClientRegistrationExtension {
  const defaults = noClientRegistration
  const registration: ClientRegistrationExtension = {
    mode: sent?.Mode ?? defaults.mode,
    allowedScopes: [...new Set(sent?.AllowedScopes ?? defaults.allowedScopes)],
    allowedGrantTypes: [...new Set(sent?.AllowedGrantTypes ?? defaults.allowedGrantTypes)],
    allowedRedirectHosts: sent?.AllowedRedirectHosts && [...new Set(sent.AllowedRedirectHosts.map(readHost))],
    maxClients: sent?.MaxClients ?? defaults.maxClients,
  }
  if (registration.allowedScopes.includes(registrationScope)) {
    throw invalidParameter(`OAuth.ClientRegistration.AllowedScopes: registered clients cannot have the scope ${registrationScope}.`)
  }
  // The pages ask users for no consent. So a stranger's client would get the data of each user who follows a link.
  if (registration.mode === 'OPEN' && registration.allowedRedirectHosts === undefined) {
    throw invalidParameter('OAuth.ClientRegistration: Mode OPEN needs AllowedRedirectHosts, the hosts that may receive the codes of users.')
  }
  return registration
}

export function writeClientRegistration(registration: ClientRegistrationExtension): ClientRegistrationExtensionType {
  return {
    Mode: registration.mode,
    AllowedScopes: registration.allowedScopes,
    AllowedGrantTypes: registration.allowedGrantTypes,
    AllowedRedirectHosts: registration.allowedRedirectHosts,
    MaxClients: registration.maxClients,
  }
}

const hostPattern = /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$|^\[[0-9a-f:.]+\]$/

function readHost(text: string): string {
  const host = text.toLowerCase()
  const isName = hostPattern.test(host) && URL.parse(`https://${host.replace(/^\*\./, '')}/`)?.hostname === host.replace(/^\*\./, '')
  // A wildcard right before a top-level domain would allow hosts of strangers.
  const isWide = host.startsWith('*.') && !host.slice(2).includes('.')
  if (!isName || isWide) {
    throw invalidParameter(
      `OAuth.ClientRegistration.AllowedRedirectHosts: ${JSON.stringify(text)} is no host, such as app.example.com, *.example.com or localhost.`,
    )
  }
  return host
}
