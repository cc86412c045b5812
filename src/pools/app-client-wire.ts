import type {
  AnalyticsConfigurationType,
  ClientSecretDescriptorType,
  CreateUserPoolClientRequest,
  RefreshTokenRotationType,
  TokenValidityUnitsType,
  UpdateUserPoolClientRequest,
  UserPoolClientType,
} from '../contract/generated/types.ts'
import { type AppClient, type ClientSecret, secondsPerUnit, type TimeUnit } from './app-client.ts'
import { isWritableByClients } from './attribute-rules.ts'
import { newClientsOf } from './extensions/pool-extensions.ts'
import type { Pool } from './pool.ts'

const defaultRefreshTokenSeconds = 30 * 86_400
const defaultAuthSessionMinutes = 3

type NewClient = { readonly id: string; readonly pool: Pool; readonly secrets: readonly ClientSecret[]; readonly now: number }

/** The client that a CreateUserPoolClient request describes. Settings that the request leaves out get Cognito's defaults. */
export function readNewClient(request: CreateUserPoolClientRequest, { id, pool, secrets, now }: NewClient): AppClient {
  const identity = { id, poolId: pool.id, name: request.ClientName, createdAt: now, updatedAt: now, secrets }
  const settings = readSettings(request)
  const writeAttributes = settings.writeAttributes ?? defaultWriteAttributes(pool)
  return { ...settings, ...identity, writeAttributes, ssoSessionMinutes: undefined }
}

/**
 * What a new client may write that names no attributes. Undefined, as at Cognito, means all. The pool may leave out custom attributes: apps
 * often keep there what users must not change themselves, such as a role.
 */
function defaultWriteAttributes(pool: Pool): readonly string[] | undefined {
  if (newClientsOf(pool).customAttributes === 'WRITABLE') return undefined
  return pool.schema.map(({ name }) => name).filter((name) => isWritableByClients(name) && !name.startsWith('custom:'))
}

/**
 * `client` after UpdateUserPoolClient. Settings that the request does not name return to their defaults. Exceptions are the name, the
 * secrets, `ssoSessionMinutes`, the extensions, and what the client registered about itself. A client that was limited to some attributes
 * gets the pool's default, so that an update never adds custom attributes by leaving the list out.
 */
export function readClientUpdate(pool: Pool, client: AppClient, request: UpdateUserPoolClientRequest, now: number): AppClient {
  const { id, poolId, createdAt, secrets, ssoSessionMinutes, extensions, registration } = client
  const identity = { id, poolId, name: request.ClientName ?? client.name, createdAt, updatedAt: now, secrets }
  const settings = readSettings(request)
  const writeAttributes = settings.writeAttributes ?? (client.writeAttributes && defaultWriteAttributes(pool))
  return { ...settings, ...identity, writeAttributes, ssoSessionMinutes, extensions, registration }
}

function readSettings(request: Omit<UpdateUserPoolClientRequest, 'ClientId'>) {
  const units = request.TokenValidityUnits
  return {
    refreshTokenValidity: request.RefreshTokenValidity || defaultRefreshTokenSeconds / secondsPerUnit[units?.RefreshToken ?? 'days'],
    accessTokenValidity: request.AccessTokenValidity,
    idTokenValidity: request.IdTokenValidity,
    validityUnits: readUnits(units),
    readAttributes: ifAny(request.ReadAttributes),
    writeAttributes: ifAny(request.WriteAttributes),
    authFlows: ifAny(request.ExplicitAuthFlows),
    identityProviders: ifAny(request.SupportedIdentityProviders),
    callbackUrls: ifAny(request.CallbackURLs),
    logoutUrls: ifAny(request.LogoutURLs),
    defaultRedirectUri: request.DefaultRedirectURI,
    oauthFlows: ifAny(request.AllowedOAuthFlows),
    oauthScopes: ifAny(request.AllowedOAuthScopes),
    oauthEnabled: request.AllowedOAuthFlowsUserPoolClient ?? false,
    analytics: request.AnalyticsConfiguration && { ...request.AnalyticsConfiguration },
    preventUserExistenceErrors: request.PreventUserExistenceErrors,
    tokenRevocation: request.EnableTokenRevocation ?? true,
    propagateUserContext: request.EnablePropagateAdditionalUserContextData ?? false,
    authSessionValidityMinutes: request.AuthSessionValidity ?? defaultAuthSessionMinutes,
    refreshRotation: readRotation(request.RefreshTokenRotation),
  } satisfies Partial<AppClient>
}

/** The client as DescribeUserPoolClient shows it, with its secret. TokenValidityUnits is present even when it is empty (observed). */
export function writeClient(client: AppClient): UserPoolClientType {
  return {
    UserPoolId: client.poolId,
    ClientName: client.name,
    ClientId: client.id,
    ClientSecret: client.secrets[0]?.value,
    LastModifiedDate: new Date(client.updatedAt),
    CreationDate: new Date(client.createdAt),
    RefreshTokenValidity: client.refreshTokenValidity,
    AccessTokenValidity: client.accessTokenValidity,
    IdTokenValidity: client.idTokenValidity,
    TokenValidityUnits: writeUnits(client.validityUnits),
    ReadAttributes: client.readAttributes,
    WriteAttributes: client.writeAttributes,
    ExplicitAuthFlows: client.authFlows,
    SupportedIdentityProviders: client.identityProviders,
    CallbackURLs: client.callbackUrls,
    LogoutURLs: client.logoutUrls,
    DefaultRedirectURI: client.defaultRedirectUri,
    AllowedOAuthFlows: client.oauthFlows,
    AllowedOAuthScopes: client.oauthScopes,
    AllowedOAuthFlowsUserPoolClient: client.oauthEnabled,
    AnalyticsConfiguration: client.analytics as AnalyticsConfigurationType | undefined,
    PreventUserExistenceErrors: client.preventUserExistenceErrors,
    EnableTokenRevocation: client.tokenRevocation,
    EnablePropagateAdditionalUserContextData: client.propagateUserContext,
    AuthSessionValidity: client.authSessionValidityMinutes,
    RefreshTokenRotation: writeRotation(client.refreshRotation),
    ClientType: client.registration === undefined ? 'REGULAR' : 'DCR',
  }
}

function readUnits(units: TokenValidityUnitsType | undefined): AppClient['validityUnits'] {
  return units && { access: units.AccessToken, id: units.IdToken, refresh: units.RefreshToken }
}

function writeUnits(units: AppClient['validityUnits']): TokenValidityUnitsType {
  const named: [keyof TokenValidityUnitsType, TimeUnit | undefined][] = [
    ['AccessToken', units?.access],
    ['IdToken', units?.id],
    ['RefreshToken', units?.refresh],
  ]
  return Object.fromEntries(named.filter(([, unit]) => unit !== undefined))
}

function readRotation(rotation: RefreshTokenRotationType | undefined): AppClient['refreshRotation'] {
  return rotation && { enabled: rotation.Feature === 'ENABLED', gracePeriodSeconds: rotation.RetryGracePeriodSeconds ?? 0 }
}

function writeRotation(rotation: AppClient['refreshRotation']): RefreshTokenRotationType | undefined {
  return rotation && { Feature: rotation.enabled ? 'ENABLED' : 'DISABLED', RetryGracePeriodSeconds: rotation.gracePeriodSeconds }
}

/**
 * The values of a list, each once. Undefined for an empty list: Cognito treats an empty list like a missing one, and shows neither in its
 * responses.
 */
function ifAny<Value>(values: readonly Value[] | undefined): readonly Value[] | undefined {
  return values === undefined || values.length === 0 ? undefined : [...new Set(values)]
}

/** A secret without its value. Only the response to the request that generated the secret shows the value. */
export function writeClientSecret(secret: ClientSecret): ClientSecretDescriptorType {
  return { ClientSecretId: secret.id, ClientSecretCreateDate: new Date(secret.createdAt) }
}
