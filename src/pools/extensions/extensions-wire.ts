import type { Secrets } from '../../base/secrets.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type {
  GetUserPoolExtensionsResponse,
  MessagesExtensionType,
  OAuthExtensionType,
  SetUserPoolExtensionsRequest,
  TestUserType,
  TriggerPolicyType,
} from '../../contract/generated/types.ts'
import { nameKey, type Pool } from '../pool.ts'
import { type TriggerName, type TriggerPolicy, triggerPolicyOf } from '../trigger-settings.ts'
import { readClaimRules, writeClaimRule } from './claim-rules.ts'
import { noClientRegistration, readClientRegistration, writeClientRegistration } from './client-registration.ts'
import { readFederation, writeFederation } from './federation-extension.ts'
import { readFormerPool, writeFormerPool } from './former-pool.ts'
import { readHostedPages, writeHostedPages } from './hosted-pages-wire.ts'
import { readTemplatesByLocale, writeTemplatesByLocale } from './localized-templates-wire.ts'
import type { PageTextCatalog } from './page-texts.ts'
import {
  deletedUsersOf,
  extensionsOf,
  federationOf,
  hostedPagesOf,
  type MessagesExtension,
  noExtensions,
  type OAuthExtension,
  oauthOf,
  type PoolExtensions,
  passwordStorageOf,
  recoveryCodesOf,
  selfServiceOf,
  type TestUser,
  threatProtectionOf,
} from './pool-extensions.ts'
import { readSelfService, writeSelfService } from './self-service.ts'
import { readThreatProtection, writeThreatProtection } from './threat-protection-extension.ts'

export type ExtensionDeps = { readonly secrets: Secrets; readonly pageTexts: PageTextCatalog }

/**
 * The extensions of `pool` after SetUserPoolExtensions: each section of the request replaces the old section, and other sections stay.
 * @throws ApiError InvalidParameterException when a section is invalid
 */
export function readExtensions({ secrets, pageTexts }: ExtensionDeps, pool: Pool, request: SetUserPoolExtensionsRequest): PoolExtensions {
  const before = extensionsOf(pool)
  return {
    triggers: request.Triggers === undefined ? before.triggers : readPolicies(request.Triggers),
    customAuth:
      request.CustomAuth === undefined
        ? before.customAuth
        : {
            mfaAfterPassword: request.CustomAuth.MfaAfterPassword ?? noExtensions.customAuth.mfaAfterPassword,
            wrongAnswers: request.CustomAuth.WrongAnswers ?? noExtensions.customAuth.wrongAnswers,
          },
    signUp:
      request.SignUp === undefined
        ? before.signUp
        : {
            contactCorrection: request.SignUp.ContactCorrection ?? false,
            unconfirmedLifetimeHours: request.SignUp.UnconfirmedUserLifetimeHours,
          },
    messages: request.Messages === undefined ? before.messages : readMessages(request.Messages),
    hostedPages: request.HostedPages === undefined ? hostedPagesOf(pool) : readHostedPages(pageTexts, request.HostedPages),
    federation: request.Federation === undefined ? federationOf(pool) : readFederation(request.Federation),
    threatProtection: request.ThreatProtection === undefined ? threatProtectionOf(pool) : readThreatProtection(request.ThreatProtection),
    oauth: request.OAuth === undefined ? oauthOf(pool) : readOAuth(request.OAuth),
    tokens: request.Tokens === undefined ? (before.tokens ?? noExtensions.tokens) : { claims: readClaimRules(request.Tokens.Claims ?? []) },
    passwords: { storage: request.Passwords === undefined ? passwordStorageOf(pool) : (request.Passwords.Storage ?? 'SRP') },
    deletedUsers: request.DeletedUsers === undefined ? deletedUsersOf(pool) : { keepDays: request.DeletedUsers.KeepDays ?? 0 },
    recoveryCodes: request.RecoveryCodes === undefined ? recoveryCodesOf(pool) : { enabled: request.RecoveryCodes.Enabled ?? false },
    formerPool: request.FormerPool === undefined ? before.formerPool : readFormerPool(secrets, pool.id, request.FormerPool),
    selfService: request.SelfService === undefined ? selfServiceOf(pool) : readSelfService({ pool, of: 'pool' }, request.SelfService),
    testUsers: request.TestUsers === undefined ? before.testUsers : readTestUsers(secrets, pool, request.TestUsers),
  }
}

export function writeExtensions(secrets: Secrets, pool: Pool): GetUserPoolExtensionsResponse {
  const { triggers, customAuth, signUp, messages, tokens = noExtensions.tokens, formerPool, testUsers } = extensionsOf(pool)
  return {
    UserPoolId: pool.id,
    Triggers: Object.fromEntries(Object.entries(triggers).map(([name, policy]) => [name, writePolicy(policy)])),
    CustomAuth: { MfaAfterPassword: customAuth.mfaAfterPassword, WrongAnswers: customAuth.wrongAnswers ?? 'UNLIMITED' },
    SignUp: { ContactCorrection: signUp.contactCorrection, UnconfirmedUserLifetimeHours: signUp.unconfirmedLifetimeHours },
    Messages: writeMessages(messages),
    HostedPages: writeHostedPages(hostedPagesOf(pool)),
    Federation: writeFederation(federationOf(pool)),
    ThreatProtection: writeThreatProtection(threatProtectionOf(pool)),
    OAuth: writeOAuth(oauthOf(pool)),
    Tokens: { Claims: tokens.claims.map(writeClaimRule) },
    Passwords: { Storage: passwordStorageOf(pool) },
    DeletedUsers: { KeepDays: deletedUsersOf(pool).keepDays },
    RecoveryCodes: { Enabled: recoveryCodesOf(pool).enabled },
    FormerPool: writeFormerPool(formerPool),
    SelfService: writeSelfService(selfServiceOf(pool)),
    TestUsers: testUsers.map(({ username, sealedCode }) => ({ Username: username, Code: openTestCode(secrets, pool.id, sealedCode) })),
  }
}

/** The fixed code of a test user, decrypted. */
export function openTestCode(secrets: Secrets, poolId: string, sealedCode: string): string {
  const code = secrets.open('test-code', sealedCode, poolId)
  if (code === undefined) throw new Error(`The code of a test user in pool ${poolId} does not open with this master key.`)
  return code.toString()
}

function readPolicies(policies: Readonly<Record<string, TriggerPolicyType>>): PoolExtensions['triggers'] {
  return Object.fromEntries(Object.entries(policies).map(([name, policy]) => [name, readPolicy(name as TriggerName, policy)]))
}

function readPolicy(name: TriggerName, policy: TriggerPolicyType): TriggerPolicy {
  const onError = policy.OnError ?? 'FAIL'
  if (onError === 'LAST_GOOD' && name !== 'PreTokenGeneration') {
    throw invalidParameter(
      `Triggers.${name}.OnError: LAST_GOOD is for the claims of PreTokenGeneration only; use FAIL, CONTINUE or CONTINUE_UNLESS_REFUSED.`,
    )
  }
  const defaults = triggerPolicyOf(name, undefined)
  return {
    timeoutMs: policy.TimeoutMilliseconds ?? defaults.timeoutMs,
    retries: policy.Retries ?? defaults.retries,
    onError,
    circuitBreaker: policy.CircuitBreaker && { failures: policy.CircuitBreaker.Failures, openSeconds: policy.CircuitBreaker.OpenSeconds },
  }
}

function writePolicy({ timeoutMs, retries, onError, circuitBreaker }: TriggerPolicy): TriggerPolicyType {
  return {
    TimeoutMilliseconds: timeoutMs,
    Retries: retries,
    OnError: onError,
    CircuitBreaker: circuitBreaker && { Failures: circuitBreaker.failures, OpenSeconds: circuitBreaker.openSeconds },
  }
}

function readMessages(messages: MessagesExtensionType): MessagesExtension {
  return {
    suppress: [...new Set(messages.Suppress)],
    templates: readTemplatesByLocale(messages.Templates ?? {}),
    maxPerDay: messages.MaxPerDay,
    maxPerRecipientPerHour: messages.MaxPerRecipientPerHour,
    onRefusal: messages.OnRefusal ?? 'IGNORE',
  }
}

function writeMessages({ suppress, templates, maxPerDay, maxPerRecipientPerHour, onRefusal }: MessagesExtension): MessagesExtensionType {
  return {
    Suppress: suppress,
    Templates: writeTemplatesByLocale(templates),
    MaxPerDay: maxPerDay,
    MaxPerRecipientPerHour: maxPerRecipientPerHour,
    OnRefusal: onRefusal,
  }
}

function readOAuth(oauth: OAuthExtensionType): OAuthExtension {
  return {
    manner: oauth.Manner ?? noExtensions.oauth.manner,
    nonProductionClientIds: oauth.NonProductionClientIds,
    requirePushedRequests: oauth.RequirePushedAuthorizationRequests,
    requireDpopNonces: oauth.RequireDPoPNonces,
    clientRegistration: readClientRegistration(oauth.ClientRegistration),
  }
}

function writeOAuth(oauth: OAuthExtension): OAuthExtensionType {
  return {
    Manner: oauth.manner,
    NonProductionClientIds: oauth.nonProductionClientIds,
    RequirePushedAuthorizationRequests: oauth.requirePushedRequests,
    RequireDPoPNonces: oauth.requireDpopNonces,
    ClientRegistration: writeClientRegistration(oauth.clientRegistration ?? noClientRegistration),
  }
}

function readTestUsers(secrets: Secrets, pool: Pool, users: readonly TestUserType[]): TestUser[] {
  const names = users.map(({ Username }) => (pool.caseSensitive === false ? Username.toLowerCase() : Username))
  const duplicate = names.find((name, index) => names.findIndex((other) => nameKey(pool, other) === nameKey(pool, name)) !== index)
  if (duplicate !== undefined) throw invalidParameter('TestUsers: a Username is listed twice.')
  return users.map(({ Code }, index) => {
    if (!/^\d{6,8}$/.test(Code)) throw invalidParameter('TestUsers: a Code must be 6 to 8 digits.')
    return { username: names[index] ?? '', sealedCode: secrets.seal('test-code', Code, pool.id) }
  })
}
