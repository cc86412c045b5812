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
/** The second factors, by the names they have on the wire, in the order in which they are listed there. */
export const mfaMethods = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] as const
export type MfaMethod = (typeof mfaMethods)[number]
export type OAuthFlow = 'code' | 'implicit' | 'client_credentials'
export type RecoveryMechanism = 'verified_email' | 'verified_phone_number' | 'admin_only'

/** Settings of the server that stand in for what a pool leaves open. */
export type ServerDefaults = {
  /** How many messages one recipient gets in an hour; undefined for any number. */
  readonly maxPerRecipientPerHour: number | undefined
}

/** What a user pool is: every member of CreateUserPool with its default filled in; undefined where Cognito shows nothing. */
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
  /** Undefined when the caller did not say, which means case-sensitive. */
  readonly caseSensitive: boolean | undefined
  readonly templates: MessageTemplates
  readonly mfa: 'OFF' | 'OPTIONAL' | 'ON'
  readonly mfaFactors: MfaFactors
  /** Undefined when SetUserPoolMfaConfig did not say; passkeys then go by the defaults. */
  readonly webAuthn: WebAuthnSettings | undefined
  /** Undefined when the caller did not send UserAttributeUpdateSettings. */
  readonly verifyBeforeUpdate: readonly ContactAttribute[] | undefined
  readonly devices: DeviceTracking | undefined
  readonly email: EmailSettings
  readonly sms: SmsSettings | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly adminCreatesUsersOnly: boolean
  /** In order: the 20 standard attributes, then custom ones. */
  readonly schema: readonly AttributeDefinition[]
  readonly addOns:
    | { readonly advancedSecurityMode: 'OFF' | 'AUDIT' | 'ENFORCED'; readonly customAuthMode: 'AUDIT' | 'ENFORCED' | undefined }
    | undefined
  /** By priority; undefined is Cognito's legacy rule: phone first, then e-mail. */
  readonly recovery: readonly RecoveryMechanism[] | undefined
  readonly tier: 'LITE' | 'ESSENTIALS' | 'PLUS'
  readonly key: { readonly type: 'AWS_OWNED_KEY' | 'CUSTOMER_MANAGED_KEY'; readonly kmsKeyArn: string | undefined } | undefined
  readonly issuerType: 'ORIGINAL' | 'UPDATED' | undefined
  readonly acrValues: Readonly<Record<string, string>> | undefined
  readonly dynamicClientRegistration: DynamicClientRegistration | undefined
  /** Undefined when it was never set: no session is tracked then. */
  readonly sessionTracking: SessionTracking | undefined
  /** Lifeguard's own settings; undefined while none was made. */
  readonly extensions: PoolExtensions | undefined
  /** Undefined while the pool has too few users; decoys then look as in any pool. */
  readonly userStatistics?: UserStatistics | undefined
  /** What this server sets for pools that say nothing about it. Part of what the catalog hands out, and never stored. */
  readonly serverDefaults?: ServerDefaults
}

export type PasswordPolicy = {
  readonly minimumLength: number
  readonly requireUppercase: boolean
  readonly requireLowercase: boolean
  readonly requireNumbers: boolean
  readonly requireSymbols: boolean
  /** How many passwords, the current one included, may not come back; 0 or undefined allows all. */
  readonly historySize: number | undefined
  readonly temporaryPasswordValidityDays: number
}

/** The second factors that have been set up for the pool; `mfa` says whether users are asked for them. */
export type MfaFactors = {
  readonly sms: boolean
  /** Undefined when it was never mentioned, which is shown differently from `false`. */
  readonly softwareToken: boolean | undefined
  readonly email: boolean
}

export type WebAuthnSettings = {
  /** Undefined for the pool's domain. */
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
  /** End User Messaging settings as they were sent; they have no effect of their own here. */
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
  /** How many tracked sessions a user may have at once, over all clients. */
  readonly maxPerUser: number
}

/** The part of a pool id after the underscore: the name that SRP binds passwords to. */
export function srpNameOf(poolId: string): string {
  return poolId.slice(poolId.indexOf('_') + 1)
}

/** Longer names are compared by digest, because an index entry has a size limit (PostgreSQL: 2,704 bytes). */
const longestPlainKey = 256

/** The form under which names are compared: as typed, or folded when the pool ignores case. */
export function nameKey(pool: Pick<Pool, 'caseSensitive'>, name: string): string {
  const normal = name.normalize('NFC')
  const folded = pool.caseSensitive === false ? normal.toLowerCase() : normal
  return folded.length <= longestPlainKey ? folded : `sha256:${createHash('sha256').update(folded).digest('hex')}`
}

/** The pool's region, which is the part of its id before the underscore. */
export function regionOf(poolId: string): string {
  return poolId.slice(0, poolId.indexOf('_'))
}
