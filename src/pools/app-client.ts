import type { ClientExtensions } from './client-extensions/client-extensions.ts'
import type { OAuthFlow, Pool } from './pool.ts'
import type { SelfRegistration } from './self-registration.ts'

export type AuthFlowPermission =
  | 'ADMIN_NO_SRP_AUTH'
  | 'CUSTOM_AUTH_FLOW_ONLY'
  | 'USER_PASSWORD_AUTH'
  | 'ALLOW_ADMIN_USER_PASSWORD_AUTH'
  | 'ALLOW_CUSTOM_AUTH'
  | 'ALLOW_USER_PASSWORD_AUTH'
  | 'ALLOW_USER_SRP_AUTH'
  | 'ALLOW_REFRESH_TOKEN_AUTH'
  | 'ALLOW_USER_AUTH'
  | 'ALLOW_CLIENT_TOKEN_AUTH'

export type TimeUnit = 'seconds' | 'minutes' | 'hours' | 'days'

/**
 * An application that signs users in, with the settings of CreateUserPoolClient. A setting that was not sent is undefined where Cognito
 * leaves it out of its response; elsewhere it has Cognito's default.
 */
export type AppClient = {
  readonly id: string
  readonly poolId: string
  readonly name: string
  readonly createdAt: number
  readonly updatedAt: number
  /** Empty for a public client. There are two while a secret is being replaced. */
  readonly secrets: readonly ClientSecret[]
  readonly refreshTokenValidity: number
  readonly accessTokenValidity: number | undefined
  readonly idTokenValidity: number | undefined
  readonly validityUnits:
    | { readonly access: TimeUnit | undefined; readonly id: TimeUnit | undefined; readonly refresh: TimeUnit | undefined }
    | undefined
  /** Undefined means all attributes of the schema. */
  readonly readAttributes: readonly string[] | undefined
  readonly writeAttributes: readonly string[] | undefined
  /** Undefined allows the flows for refresh tokens, SRP and custom challenges. */
  readonly authFlows: readonly AuthFlowPermission[] | undefined
  readonly identityProviders: readonly string[] | undefined
  readonly callbackUrls: readonly string[] | undefined
  readonly logoutUrls: readonly string[] | undefined
  readonly defaultRedirectUri: string | undefined
  readonly oauthFlows: readonly OAuthFlow[] | undefined
  readonly oauthScopes: readonly string[] | undefined
  readonly oauthEnabled: boolean
  readonly analytics: Readonly<Record<string, unknown>> | undefined
  readonly preventUserExistenceErrors: 'LEGACY' | 'ENABLED' | undefined
  readonly tokenRevocation: boolean
  readonly propagateUserContext: boolean
  /** How long one step of a sign-in may take. */
  readonly authSessionValidityMinutes: number
  /** How many minutes after a user's last authentication this client may join a single sign-on session. Undefined means 60. */
  readonly ssoSessionMinutes: number | undefined
  /** The settings that Cognito does not have. Undefined, as in old clients, means `noClientExtensions`. */
  readonly extensions?: ClientExtensions | undefined
  /** Of a client that registered itself. */
  readonly registration?: SelfRegistration | undefined
  readonly refreshRotation: { readonly enabled: boolean; readonly gracePeriodSeconds: number } | undefined
}

export type ClientSecret = {
  /** `<client id>--<time of creation in epoch seconds>`. */
  readonly id: string
  readonly value: string
  readonly createdAt: number
}

/** Stands for all app clients of a pool, in requests and in stored records. No client has this id, because ids are in lower case. */
export const allClients = 'ALL'

/** What the dispatcher has verified for an `app-client` operation: the client exists, and the caller knows its secret if it has one. */
export type AppClientCaller = { readonly pool: Pool; readonly client: AppClient }

export const secondsPerUnit: Readonly<Record<TimeUnit, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }

export function accessTokenSeconds(client: AppClient): number {
  return (
    (client.accessTokenValidity ?? 1) *
    (client.accessTokenValidity === undefined ? 3600 : secondsPerUnit[client.validityUnits?.access ?? 'hours'])
  )
}

export function idTokenSeconds(client: AppClient): number {
  return (client.idTokenValidity ?? 1) * (client.idTokenValidity === undefined ? 3600 : secondsPerUnit[client.validityUnits?.id ?? 'hours'])
}

export function refreshTokenSeconds(client: AppClient): number {
  return client.refreshTokenValidity * secondsPerUnit[client.validityUnits?.refresh ?? 'days']
}

/** Whether the responses to this client hide which users exist. */
export function hidesUserExistence(client: AppClient): boolean {
  return client.preventUserExistenceErrors === 'ENABLED'
}
