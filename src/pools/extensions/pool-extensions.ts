import type { LocalizedTemplates, MessageKindName } from '../message-templates.ts'
import type { OwnTriggerName, TriggerName, TriggerPolicy } from '../trigger-settings.ts'
import type { ClaimRule } from './claim-rules.ts'
import { type ClientRegistrationExtension, noClientRegistration } from './client-registration.ts'
import { type FederationExtension, noFederation } from './federation-extension.ts'
import type { FormerPool } from './former-pool.ts'
import type { PageTexts } from './page-texts.ts'
import { noSelfServiceRules, type SelfServiceExtension } from './self-service.ts'
import { noThreatProtection, type ThreatProtectionExtension } from './threat-protection-extension.ts'
import { fixedUsernames, type UsernamesExtension } from './usernames-extension.ts'

/**
 * The settings that Cognito does not have. A pool without them behaves as in Cognito. UpdateUserPool does not change them, so that
 * programs that know only Cognito's settings (such as Terraform) do not remove them.
 */
export type PoolExtensions = {
  readonly triggers: Readonly<Partial<Record<TriggerName, TriggerPolicy>>>
  /** Undefined in old pools. */
  readonly triggerFunctions?: TriggerFunctions
  readonly customAuth: CustomAuthExtension
  readonly signUp: SignUpExtension
  readonly messages: MessagesExtension
  /** Undefined, in old pools, means `noExtensions.hostedPages`. */
  readonly hostedPages?: HostedPagesExtension
  /** Undefined in old pools. */
  readonly federation?: FederationExtension
  /** Undefined in old pools. */
  readonly threatProtection?: ThreatProtectionExtension
  /** Undefined in old pools. */
  readonly oauth?: OAuthExtension
  /** Undefined in old pools. */
  readonly tokens?: TokensExtension
  /** Undefined in old pools. */
  readonly passwords?: PasswordsExtension
  /** Undefined in old pools. */
  readonly deletedUsers?: DeletedUsersExtension
  /** Undefined in old pools. */
  readonly recoveryCodes?: RecoveryCodesExtension
  /** Undefined in old pools. */
  readonly newClients?: NewClientsExtension
  /** Undefined in old pools. */
  readonly sessions?: SessionsExtension
  /** Undefined: the pool was not copied from another one, or no longer asks it. */
  readonly formerPool?: FormerPool | undefined
  /** Undefined in old pools. */
  readonly selfService?: SelfServiceExtension
  readonly testUsers: readonly TestUser[]
  /** Undefined: never set, so no user has a former username. */
  readonly usernames?: UsernamesExtension | undefined
}

/** The ARNs of the functions for the triggers that Cognito does not have. */
export type TriggerFunctions = Readonly<Partial<Record<OwnTriggerName, string>>>

export type CustomAuthExtension = {
  /** Whether the pool's MFA comes between the password and the custom challenges of a custom sign-in. */
  readonly mfaAfterPassword: 'REQUIRED' | 'SKIPPED'
  /** Whether wrong answers to custom challenges lock the user out, as wrong codes do. Undefined, in old pools, means `UNLIMITED`. */
  readonly wrongAnswers?: 'UNLIMITED' | 'LOCK_OUT' | undefined
}

export type SignUpExtension = {
  /** Whether a user can correct a mistyped address during sign-up. SignUp then returns a `Session` for this to all app clients. */
  readonly contactCorrection: boolean
  /** A user who does not confirm the sign-up within this many hours is deleted. Undefined: unconfirmed users are never deleted. */
  readonly unconfirmedLifetimeHours: number | undefined
  /** Whether SignUp answers for a taken name as for a free one. Undefined in old pools: no. */
  readonly hideExistingUsers?: boolean
  /** Whether a user who gives two addresses that the pool verifies has to prove both. Undefined in old pools: no. */
  readonly verifyAllAddresses?: boolean
}

export type MessagesExtension = {
  /** The kinds of messages that are not sent. Their codes are created and valid anyway. */
  readonly suppress: readonly MessageKindName[]
  /** The templates for each locale of users, such as `de` or `pt-BR`. */
  readonly templates: Readonly<Record<string, LocalizedTemplates>>
  readonly maxPerDay: number | undefined
  readonly maxPerRecipientPerHour: number | undefined
  /**
   * `IGNORE`: the API call that caused a message does not wait for its delivery. `FAIL`: the call waits for the first delivery attempt, and
   * fails when the gateway refuses the message or the message exceeds a limit.
   */
  readonly onRefusal: 'IGNORE' | 'FAIL'
}

export type HostedPagesExtension = {
  /** How long a browser stays signed in after a sign-in. */
  readonly sessionMinutes: number
  /** A session that is not used for so long ends. Undefined: it lasts to its end, used or not. */
  readonly sessionIdleMinutes: number | undefined
  /** Users who ask for it at the sign-in stay signed in for so long, used or not. Undefined: the pages do not offer it. */
  readonly rememberMeDays: number | undefined
  /** Whether GlobalSignOut and a new password end the user's sessions in all browsers. */
  readonly endSessionsOnSignOut: boolean
  /** Whether a page checks the code of a password reset before another page asks for the password. Undefined in old pools: no. */
  readonly checkResetCodeFirst?: boolean
  /** Whether users without a passkey are offered to create one after they have signed in. Undefined in old pools: no. */
  readonly offerPasskey?: boolean
  /** Whether users have a page on which they manage their account. Undefined in old pools: no. */
  readonly accountPage?: boolean
  /** Undefined, in old pools, means `noSignInLinks`. */
  readonly signInLinks?: SignInLinksExtension
  /** Texts that replace those of the pages. Undefined in old pools. */
  readonly texts?: PageTexts | undefined
}

/** Links by e-mail that sign a user in. They are another form of the e-mail code of a first factor. */
export type SignInLinksExtension = {
  readonly enabled: boolean
  /** How long a link is valid. */
  readonly lifetimeMinutes: number
  /** The pool's own text and subject of the e-mail. Undefined: the default ones. */
  readonly email: string | undefined
  readonly subject: string | undefined
}

/**
 * How the OAuth endpoints of a pool behave. `COGNITO`: as those of Cognito, where that differs from a standard as well. `STRICT`: as the
 * standards say, with endpoints that Cognito does not have.
 */
export type Manner = 'COGNITO' | 'STRICT'

export type OAuthExtension = {
  readonly manner: Manner
  /** App clients whose callback URLs may have a wildcard label. */
  readonly nonProductionClientIds?: readonly string[] | undefined
  /** Whether all clients of a pool of manner strict have to push their authorization requests (RFC 9126 §5). Undefined means no. */
  readonly requirePushedRequests?: boolean | undefined
  /** Whether proofs of DPoP have to carry a nonce of the server, in a pool of manner strict (RFC 9449 §8). Undefined means no. */
  readonly requireDpopNonces?: boolean | undefined
  /** Undefined, in old pools, means `noClientRegistration`. */
  readonly clientRegistration?: ClientRegistrationExtension | undefined
}

export type TokensExtension = { readonly claims: readonly ClaimRule[] }

export type PasswordsExtension = {
  /**
   * What is kept of a password from its next use or change on. `SRP`: a verifier, as Cognito does. `ARGON2ID`: a hash that other systems
   * can import; users cannot sign in by SRP. `BOTH`: both.
   */
  readonly storage: 'SRP' | 'ARGON2ID' | 'BOTH'
}

export type DeletedUsersExtension = {
  /** For how many days a deleted user can be restored. 0: deleted at once, as Cognito does. */
  readonly keepDays: number
}

export type RecoveryCodesExtension = {
  /** Whether users can have recovery codes, and use them in place of the code of a second factor. */
  readonly enabled: boolean
}

export type NewClientsExtension = {
  /** Whether an app client that is created without WriteAttributes may write custom attributes. At Cognito it may. */
  readonly customAttributes: 'WRITABLE' | 'READ_ONLY'
}

export type SessionsExtension = {
  /** Whether a new password ends the sessions of the user. At Cognito they continue. */
  readonly endOnPasswordChange: boolean
}

/** A user for automated tests. All codes of the user are the same fixed code, and no code is sent to the user. */
export type TestUser = {
  /** The username as stored: in lower case when the pool ignores case. */
  readonly username: string
  /** The code, sealed for this pool. */
  readonly sealedCode: string
}

export const noSignInLinks: SignInLinksExtension = { enabled: false, lifetimeMinutes: 15, email: undefined, subject: undefined }

export const noExtensions = {
  triggers: {},
  triggerFunctions: {},
  customAuth: { mfaAfterPassword: 'REQUIRED', wrongAnswers: 'UNLIMITED' },
  signUp: { contactCorrection: false, unconfirmedLifetimeHours: undefined, hideExistingUsers: false, verifyAllAddresses: false },
  messages: { suppress: [], templates: {}, maxPerDay: undefined, maxPerRecipientPerHour: undefined, onRefusal: 'IGNORE' },
  hostedPages: {
    sessionMinutes: 60,
    sessionIdleMinutes: undefined,
    rememberMeDays: undefined,
    endSessionsOnSignOut: false,
    checkResetCodeFirst: false,
    offerPasskey: false,
    accountPage: false,
  },
  federation: noFederation,
  threatProtection: noThreatProtection,
  oauth: { manner: 'COGNITO', nonProductionClientIds: undefined, clientRegistration: noClientRegistration },
  tokens: { claims: [] },
  passwords: { storage: 'SRP' },
  deletedUsers: { keepDays: 0 },
  recoveryCodes: { enabled: false },
  selfService: noSelfServiceRules,
  newClients: { customAttributes: 'WRITABLE' },
  sessions: { endOnPasswordChange: false },
  testUsers: [],
} satisfies PoolExtensions

export function extensionsOf(pool: { readonly extensions: PoolExtensions | undefined }): PoolExtensions {
  return pool.extensions ?? noExtensions
}

export function triggerFunctionsOf(pool: { readonly extensions: PoolExtensions | undefined }): TriggerFunctions {
  return extensionsOf(pool).triggerFunctions ?? noExtensions.triggerFunctions
}

export function hostedPagesOf(pool: { readonly extensions: PoolExtensions | undefined }): HostedPagesExtension {
  return extensionsOf(pool).hostedPages ?? noExtensions.hostedPages
}

export function federationOf(pool: { readonly extensions: PoolExtensions | undefined }): FederationExtension {
  return extensionsOf(pool).federation ?? noFederation
}

export function threatProtectionOf(pool: { readonly extensions: PoolExtensions | undefined }): ThreatProtectionExtension {
  return extensionsOf(pool).threatProtection ?? noThreatProtection
}

export function signInLinksOf(pool: { readonly extensions: PoolExtensions | undefined }): SignInLinksExtension {
  return hostedPagesOf(pool).signInLinks ?? noSignInLinks
}

export function passwordStorageOf(pool: { readonly extensions: PoolExtensions | undefined }): PasswordsExtension['storage'] {
  return (extensionsOf(pool).passwords ?? noExtensions.passwords).storage
}

export function deletedUsersOf(pool: { readonly extensions: PoolExtensions | undefined }): DeletedUsersExtension {
  return extensionsOf(pool).deletedUsers ?? noExtensions.deletedUsers
}

export function usernamesOf(pool: { readonly extensions: PoolExtensions | undefined }): UsernamesExtension {
  return extensionsOf(pool).usernames ?? fixedUsernames
}

/** Whether usernames of the pool can have changed. */
export function hasFormerUsernames(pool: { readonly extensions: PoolExtensions | undefined }): boolean {
  return extensionsOf(pool).usernames !== undefined
}

export function recoveryCodesOf(pool: { readonly extensions: PoolExtensions | undefined }): RecoveryCodesExtension {
  return extensionsOf(pool).recoveryCodes ?? noExtensions.recoveryCodes
}

export function selfServiceOf(pool: { readonly extensions: PoolExtensions | undefined }): SelfServiceExtension {
  return extensionsOf(pool).selfService ?? noSelfServiceRules
}

export function newClientsOf(pool: { readonly extensions: PoolExtensions | undefined }): NewClientsExtension {
  return extensionsOf(pool).newClients ?? noExtensions.newClients
}

/** Whether a new password ends the sessions of the user. */
export function endsSessionsOnPasswordChange(pool: { readonly extensions: PoolExtensions | undefined }): boolean {
  return (extensionsOf(pool).sessions ?? noExtensions.sessions).endOnPasswordChange
}

export function oauthOf(pool: { readonly extensions: PoolExtensions | undefined }): OAuthExtension {
  return extensionsOf(pool).oauth ?? noExtensions.oauth
}

export function mannerOf(pool: { readonly extensions: PoolExtensions | undefined }): Manner {
  return oauthOf(pool).manner
}

export function clientRegistrationOf(pool: { readonly extensions: PoolExtensions | undefined }): ClientRegistrationExtension {
  return oauthOf(pool).clientRegistration ?? noClientRegistration
}
