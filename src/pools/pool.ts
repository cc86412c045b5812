import { createHash } from 'node:crypto'
import type { AttributeDefinition } from './attribute-schema.ts'
import type { PoolExtensions } from './extensions/pool-extensions.ts'
import type { MessageTemplates } from './message-templates.ts'
import type { TriggerTargets } from './trigger-settings.ts'
import type { UserStatistics } from './user-statistics/user-statistics.ts'

/** The attributes a message can be sent to. */
export type ContactAttribute = 'email' | 'phone_number'
export type AliasAttribute = ContactAttribute | 'preferred_username'
export type FirstFactor = 'PASSWORD' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN'
/** The second factors by their wire names, in the order of Cognito's lists. */
export const mfaMethods = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] as const
export type MfaMethod = (typeof mfaMethods)[number]
export type OAuthFlow = 'code' | 'implicit' | 'client_credentials'
export type RecoveryMechanism = 'verified_email' | 'verified_phone_number' | 'admin_only'

/** Settings of the server that apply to a pool that does not have the setting itself. */
export type ServerDefaults = {
  /** How many messages one recipient may get in an hour. Undefined means no limit. */
  readonly maxPerRecipientPerHour: number | undefined
}

/**
 * A user pool, with the settings of CreateUserPool. A setting that was not sent is undefined where Cognito leaves it out of its response;
 * elsewhere it has Cognito's default.
 */
export type Pool = {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly deletionProtection: boolean
  readonly passwordPolicy: PasswordPolicy
  readonly allowedFirstFactors: readonly FirstFactor[]
  readonly triggers: TriggerTargets
  readonly autoVerifiedAttributes: readonly ContactAttribute[]
  readonly aliasAttributes: readonly AliasAttribute[]
  readonly usernameAttributes: readonly ContactAttribute[]
  /** Whether usernames are case-sensitive. Undefined, when CreateUserPool did not say, means that they are. */
  readonly caseSensitive: boolean | undefined
  /** Which of the two sets of stored names finds the users. Undefined means the first one. A change of the names builds the other one. */
  readonly nameSet?: 'second' | undefined
  /** Changes with each switch of the schema, and with each undo of one. Undefined before the first one. */
  readonly schemaVersion?: string | undefined
  readonly templates: MessageTemplates
  readonly mfa: 'OFF' | 'OPTIONAL' | 'ON'
  readonly mfaFactors: MfaFactors
  /**
   * The settings for passkeys. Undefined until SetUserPoolMfaConfig sets them. Until then, a passkey counts as one factor and need not
   * verify its user.
   */
  readonly webAuthn: WebAuthnSettings | undefined
  /** The attributes that keep the old value until the new one is verified. Undefined when no UserAttributeUpdateSettings were sent. */
  readonly verifyBeforeUpdate: readonly ContactAttribute[] | undefined
  readonly devices: DeviceTracking | undefined
  readonly email: EmailSettings
  readonly sms: SmsSettings | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly adminCreatesUsersOnly: boolean
  /** The 20 standard attributes, then the custom ones. */
  readonly schema: readonly AttributeDefinition[]
  readonly addOns:
    | { readonly advancedSecurityMode: 'OFF' | 'AUDIT' | 'ENFORCED'; readonly customAuthMode: 'AUDIT' | 'ENFORCED' | undefined }
    | undefined
  /** The ways to recover an account, in the order of priority. Undefined stands for Cognito's legacy rule: phone first, then e-mail. */
  readonly recovery: readonly RecoveryMechanism[] | undefined
  readonly tier: 'LITE' | 'ESSENTIALS' | 'PLUS'
  readonly key: { readonly type: 'AWS_OWNED_KEY' | 'CUSTOMER_MANAGED_KEY'; readonly kmsKeyArn: string | undefined } | undefined
  readonly issuerType: 'ORIGINAL' | 'UPDATED' | undefined
  readonly acrValues: Readonly<Record<string, string>> | undefined
  readonly dynamicClientRegistration: DynamicClientRegistration | undefined
  /** The settings of session tracking. Undefined when they were never set: then sessions are not tracked. */
  readonly sessionTracking: SessionTracking | undefined
  /** The settings that Cognito does not have. Undefined when they were never set. */
  readonly extensions: PoolExtensions | undefined
  /** Undefined while the pool has too few users. Decoys then follow general statistics, not those of the pool. */
  readonly userStatistics?: UserStatistics | undefined
  /** The server's settings, for what the pool does not set itself. The pool catalog adds them to a loaded pool; they are never stored. */
  readonly serverDefaults?: ServerDefaults
}

export type PasswordPolicy = {
  readonly minimumLength: number
  readonly requireUppercase: boolean
  readonly requireLowercase: boolean
  readonly requireNumbers: boolean
  readonly requireSymbols: boolean
  /** How many passwords of a user, from the current one back, cannot be used again. 0 or undefined allows all passwords. */
  readonly historySize: number | undefined
  readonly temporaryPasswordValidityDays: number
}

/** The second factors that are set up for the pool. The pool's `mfa` says whether users need one. */
export type MfaFactors = {
  readonly sms: boolean
  /** Authenticator apps. Undefined when this factor was never set: responses then omit it, while they show `false`. */
  readonly softwareToken: boolean | undefined
  readonly email: boolean
}

export type WebAuthnSettings = {
  /** The domain name that passkeys belong to. Undefined means the pool's domain, or the host name of this server if the pool has none. */
  readonly relyingPartyId: string | undefined
  readonly userVerification: 'required' | 'preferred'
  readonly factorConfiguration: 'SINGLE_FACTOR' | 'MULTI_FACTOR_WITH_USER_VERIFICATION'
}

export type DeviceTracking = {
  readonly challengeRequiredOnNewDevice: boolean
  readonly onlyRememberedOnUserPrompt: boolean
}

export type EmailSettings = {
  readonly sendingAccount: 'COGNITO_DEFAULT' | 'DEVELOPER'
  readonly sourceArn: string | undefined
  readonly from: string | undefined
  readonly replyTo: string | undefined
  readonly configurationSet: string | undefined
}

export type SmsSettings = {
  readonly snsCallerArn: string | undefined
  readonly externalId: string | undefined
  readonly snsRegion: string | undefined
  /** The settings for End User Messaging as they were sent. They have no effect here. */
  readonly eums: Readonly<Record<string, unknown>> | undefined
}

export type DynamicClientRegistration = {
  readonly enabled: boolean
  readonly open: boolean
  readonly authenticatedGrantTypes: readonly OAuthFlow[] | undefined
  readonly openGrantTypes: readonly OAuthFlow[] | undefined
  readonly allowedScopes: readonly string[] | undefined
}

export type SessionTracking = {
  readonly enabled: boolean
  /** The most tracked sessions that a user may have at the same time, in all clients together. */
  readonly maxPerUser: number
}

/**
 * Whether users of the pool may have names that its settings would not allow, because these changed: a username in a pool with username
 * attributes, or one that is an address.
 */
export const hasMixedNames = ({ schemaVersion }: Pick<Pool, 'schemaVersion'>): boolean => schemaVersion !== undefined

/** The part of a pool id after the underscore. SRP binds passwords to it. */
export function srpNameOf(poolId: string): string {
  return poolId.slice(poolId.indexOf('_') + 1)
}

/**
 * Names with more characters than this are compared by digests, because the size of an index entry is limited (PostgreSQL: 2,704 bytes).
 */
const maxPlainKeyLength = 256

/** The text by which names are compared: Unicode form NFC, in lower case when the pool ignores case, and a digest for a long name. */
export function nameKey(pool: Pick<Pool, 'caseSensitive'>, name: string): string {
  const normal = name.normalize('NFC')
  const folded = pool.caseSensitive === false ? normal.toLowerCase() : normal
  return folded.length <= maxPlainKeyLength ? folded : `sha256:${createHash('sha256').update(folded).digest('hex')}`
}

/** The region of a pool: the part of its id before the underscore. */
export function regionOf(poolId: string): string {
  return poolId.slice(0, poolId.indexOf('_'))
}
