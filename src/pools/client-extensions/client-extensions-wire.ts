import type {
  ConfirmationLinksExtensionType,
  GetUserPoolClientExtensionsResponse,
  PrivateKeyJwtExtensionType,
  SetUserPoolClientExtensionsRequest,
} from '../../contract/generated/types.ts'
import type { AppClient } from '../app-client.ts'
import { requireRedirectUrl } from '../oauth-rules.ts'
import {
  type ClientExtensions,
  type ConfirmationLinksExtension,
  clientExtensionsOf,
  type PrivateKeyJwtExtension,
  type PublicJwk,
} from './client-extensions.ts'
import { readPublicKeys } from './public-keys.ts'

/**
 * The extensions of `client` after SetUserPoolClientExtensions: each section of the request replaces the old section, and other sections
 * stay.
 * @throws ApiError InvalidParameterException when a key or a return URL cannot be used
 */
export function readClientExtensions(client: AppClient, request: SetUserPoolClientExtensionsRequest): ClientExtensions {
  const before = clientExtensionsOf(client)
  const { PrivateKeyJwt: privateKeyJwt, PushedAuthorizationRequests: pushed, ConfirmationLinks: links } = request
  return {
    privateKeyJwt: privateKeyJwt === undefined ? before.privateKeyJwt : readPrivateKeyJwt(privateKeyJwt),
    pushedRequests: pushed === undefined ? before.pushedRequests : { isRequired: pushed.Required ?? false },
    confirmationLinks: links === undefined ? before.confirmationLinks : readLinks(links),
  }
}

export function writeClientExtensions(client: AppClient): GetUserPoolClientExtensionsResponse {
  const { privateKeyJwt, pushedRequests, confirmationLinks: links } = clientExtensionsOf(client)
  return {
    UserPoolId: client.poolId,
    ClientId: client.id,
    PrivateKeyJwt: { Keys: privateKeyJwt.keys && writeKeys(privateKeyJwt.keys) },
    PushedAuthorizationRequests: { Required: pushedRequests.isRequired },
    ConfirmationLinks: links && { SignIn: links.signsIn, ReturnUrls: links.returnUrls },
  }
}

/** An empty section turns the setting off. */
function readLinks({ SignIn: signsIn, ReturnUrls: returnUrls }: ConfirmationLinksExtensionType): ConfirmationLinksExtension | undefined {
  if (signsIn === undefined && returnUrls === undefined) return undefined
  for (const url of returnUrls ?? []) requireRedirectUrl(url)
  return { signsIn: signsIn ?? false, returnUrls: returnUrls ?? [] }
}

function readPrivateKeyJwt({ Keys: keys }: PrivateKeyJwtExtensionType): PrivateKeyJwtExtension {
  return { keys: keys === undefined ? undefined : readPublicKeys(keys, 'PrivateKeyJwt.Keys') }
}

const writeKeys = (keys: readonly PublicJwk[]): PrivateKeyJwtExtensionType['Keys'] => ({ keys: keys.map((key) => ({ ...key })) }) as never
