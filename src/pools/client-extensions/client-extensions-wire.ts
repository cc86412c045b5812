import { invalidParameter } from '../../contract/api-error.ts'
import type {
  ConfirmationLinksExtensionType,
  GetUserPoolClientExtensionsResponse,
  LogoutExtensionType,
  PrivateKeyJwtExtensionType,
  SetUserPoolClientExtensionsRequest,
} from '../../contract/generated/types.ts'
import type { AppClient } from '../app-client.ts'
import { type PageTextCatalog, readPageTexts } from '../extensions/page-texts.ts'
import { readSelfService, writeSelfService } from '../extensions/self-service.ts'
import { requireRedirectUrl } from '../oauth-rules.ts'
import type { Pool } from '../pool.ts'
import {
  type ClientExtensions,
  type ConfirmationLinksExtension,
  clientExtensionsOf,
  type LogoutExtension,
  type PrivateKeyJwtExtension,
  type PublicJwk,
} from './client-extensions.ts'
import { type JwksUriRule, requireJwksUri } from './jwks-uri.ts'
import { requireBackChannelUri, requireFrontChannelUri } from './logout-uris.ts'
import { readPublicKeys } from './public-keys.ts'

type ClientExtensionDeps = { readonly pageTexts: PageTextCatalog; readonly jwksUriRule: JwksUriRule; readonly pool: Pick<Pool, 'schema'> }

/**
 * The extensions of `client` after SetUserPoolClientExtensions: each section of the request replaces the old section, and other sections
 * stay.
 * @throws ApiError InvalidParameterException when a key, an address or a text of the pages cannot be used
 */
export function readClientExtensions(
  { pageTexts, jwksUriRule: rule, pool }: ClientExtensionDeps,
  client: AppClient,
  request: SetUserPoolClientExtensionsRequest,
): ClientExtensions {
  const before = clientExtensionsOf(client)
  const { PrivateKeyJwt: privateKeyJwt, PushedAuthorizationRequests: pushed, DeviceGrant: deviceGrant, ConfirmationLinks: links } = request
  const { FrontChannelLogout: front, BackChannelLogout: back, HostedPages: pages, SelfService: selfService } = request
  if (front?.Uri !== undefined) requireFrontChannelUri(client, front.Uri, 'FrontChannelLogout.Uri')
  if (back?.Uri !== undefined) requireBackChannelUri(back.Uri, 'BackChannelLogout.Uri')
  return {
    privateKeyJwt: privateKeyJwt === undefined ? before.privateKeyJwt : readPrivateKeyJwt(privateKeyJwt, rule),
    pushedRequests: pushed === undefined ? before.pushedRequests : { isRequired: pushed.Required ?? false },
    frontChannelLogout: front === undefined ? before.frontChannelLogout : readLogout(front),
    backChannelLogout: back === undefined ? before.backChannelLogout : readLogout(back),
    deviceGrant: deviceGrant === undefined ? before.deviceGrant : { isEnabled: deviceGrant.Enabled ?? false },
    confirmationLinks: links === undefined ? before.confirmationLinks : readLinks(links),
    hostedPages: pages === undefined ? before.hostedPages : { texts: pages.Texts && readPageTexts(pageTexts, pages.Texts) },
    selfService: selfService === undefined ? before.selfService : readSelfService({ pool, of: 'client' }, selfService),
  }
}

export function writeClientExtensions(client: AppClient): GetUserPoolClientExtensionsResponse {
  const {
    privateKeyJwt,
    pushedRequests,
    frontChannelLogout,
    backChannelLogout,
    deviceGrant,
    hostedPages,
    selfService,
    confirmationLinks: links,
  } = clientExtensionsOf(client)
  return {
    UserPoolId: client.poolId,
    ClientId: client.id,
    PrivateKeyJwt: { Keys: privateKeyJwt.keys && writeKeys(privateKeyJwt.keys), JwksUri: privateKeyJwt.jwksUri },
    PushedAuthorizationRequests: { Required: pushedRequests.isRequired },
    FrontChannelLogout: writeLogout(frontChannelLogout),
    BackChannelLogout: writeLogout(backChannelLogout),
    DeviceGrant: { Enabled: deviceGrant.isEnabled },
    ConfirmationLinks: links && { SignIn: links.signsIn, ReturnUrls: links.returnUrls },
    HostedPages: { Texts: hostedPages.texts },
    SelfService: writeSelfService(selfService),
  }
}

/** An empty section turns the setting off. */
function readLinks({ SignIn: signsIn, ReturnUrls: returnUrls }: ConfirmationLinksExtensionType): ConfirmationLinksExtension | undefined {
  if (signsIn === undefined && returnUrls === undefined) return undefined
  for (const url of returnUrls ?? []) requireRedirectUrl(url)
  return { signsIn: signsIn ?? false, returnUrls: returnUrls ?? [] }
}

function readLogout({ Uri: uri, SessionRequired: isRequired = false }: LogoutExtensionType): LogoutExtension {
  return { uri, isSessionRequired: isRequired }
}

function writeLogout({ uri, isSessionRequired }: LogoutExtension): LogoutExtensionType {
  return { Uri: uri, SessionRequired: isSessionRequired }
}

function readPrivateKeyJwt({ Keys: keys, JwksUri: jwksUri }: PrivateKeyJwtExtensionType, rule: JwksUriRule): PrivateKeyJwtExtension {
  if (keys !== undefined && jwksUri !== undefined) throw invalidParameter('PrivateKeyJwt has either Keys or JwksUri, not both.')
  if (jwksUri !== undefined) requireJwksUri(rule, jwksUri, 'PrivateKeyJwt.JwksUri')
  return { keys: keys === undefined ? undefined : readPublicKeys(keys, 'PrivateKeyJwt.Keys'), jwksUri }
}

const writeKeys = (keys: readonly PublicJwk[]): PrivateKeyJwtExtensionType['Keys'] => ({ keys: keys.map((key) => ({ ...key })) }) as never
