import type {
  CreateUserPoolRequest,
  KeyConfigurationType,
  UpdateUserPoolRequest,
  UserPoolDescriptionType,
  UserPoolType,
} from '../contract/generated/types.ts'
import { identitiesAttribute, standardAttributes } from './attribute-schema.ts'
import { readEmailSettings, readSmsSettings, writeEmailSettings, writeSmsSettings } from './delivery-wire.ts'
import type { PoolDomain } from './domains/pool-domain.ts'
import { noMfaFactors, withImpliedSms } from './mfa/mfa-methods.ts'
import { readAddOns, readFirstFactors, readPasswordPolicy, readRecovery, writeAddOns, writePolicies, writeRecovery } from './policy-wire.ts'
import { type Pool, regionOf } from './pool.ts'
import { readAcrValues, readDynamicClientRegistration, writeAcrValues, writeDynamicClientRegistration } from './registration-wire.ts'
import { readSchema, writeSchemaAttribute } from './schema-wire.ts'
import { readTemplates, writeInvitations, writeVerificationTemplates } from './template-wire.ts'
import { usesThreatProtection } from './tier-rules.ts'
import { readTriggers, writeTriggers } from './trigger-wire.ts'

/**
 * The pool that a CreateUserPool request describes. Settings that the request leaves out get Cognito's defaults.
 * @throws ApiError InvalidParameterException when a setting is invalid
 */
export function readNewPool(request: CreateUserPoolRequest, { id, now }: { id: string; now: number }): Pool {
  const addOns = readAddOns(request.UserPoolAddOns)
  return withImpliedSms<Pool>({
    ...readResetSettings(request),
    id,
    name: request.PoolName,
    createdAt: now,
    updatedAt: now,
    aliasAttributes: unique(request.AliasAttributes),
    usernameAttributes: unique(request.UsernameAttributes),
    caseSensitive: request.UsernameConfiguration?.CaseSensitive,
    schema: readSchema(request.Schema),
    sms: readSmsSettings(request.SmsConfiguration, regionOf(id)),
    // A request with threat protection but without a tier means the tier that includes threat protection.
    tier: request.UserPoolTier ?? (usesThreatProtection(addOns) ? 'PLUS' : 'ESSENTIALS'),
    tags: readTags(request.UserPoolTags ?? {}),
    key: readKey(request.KeyConfiguration),
    issuerType: request.IssuerConfiguration?.Type,
    dynamicClientRegistration: readDynamicClientRegistration(request.DcrConfiguration),
    sessionTracking: undefined,
    extensions: undefined,
    mfaFactors: noMfaFactors,
    webAuthn: undefined,
  })
}

/**
 * `pool` after UpdateUserPool. Settings that the request does not name return to their defaults. Exceptions are the name, the SMS
 * configuration (which cannot be removed), tier, tags, encryption key, issuer and dynamic client registration. What SetUserPoolMfaConfig
 * has set stays, too, except MfaConfiguration and SmsAuthenticationMessage, which UpdateUserPool also has. The extensions and the settings
 * of session tracking stay as well. UpdateUserPool cannot change the schema, or the settings for usernames and aliases.
 * @throws ApiError InvalidParameterException when a setting is invalid
 */
export function readPoolUpdate(pool: Pool, request: UpdateUserPoolRequest, now: number): Pool {
  const reset = readResetSettings(request)
  const { mfaEmail, mfaSubject } = pool.templates
  return withImpliedSms<Pool>({
    ...pool,
    ...reset,
    templates: { ...reset.templates, mfaEmail, mfaSubject },
    name: request.PoolName ?? pool.name,
    updatedAt: now,
    sms: readSmsSettings(request.SmsConfiguration, regionOf(pool.id)) ?? pool.sms,
    tier: request.UserPoolTier ?? pool.tier,
    tags: request.UserPoolTags === undefined ? pool.tags : readTags(request.UserPoolTags),
    key: readKey(request.KeyConfiguration) ?? pool.key,
    issuerType: request.IssuerConfiguration?.Type ?? pool.issuerType,
    dynamicClientRegistration: readDynamicClientRegistration(request.DcrConfiguration) ?? pool.dynamicClientRegistration,
  })
}

/** The settings that CreateUserPool and UpdateUserPool both have. An update without a setting resets it. */
function readResetSettings(request: Omit<UpdateUserPoolRequest, 'UserPoolId'>) {
  return {
    deletionProtection: request.DeletionProtection === 'ACTIVE',
    passwordPolicy: readPasswordPolicy(request.Policies?.PasswordPolicy, request.AdminCreateUserConfig),
    allowedFirstFactors: readFirstFactors(request.Policies?.SignInPolicy?.AllowedFirstAuthFactors),
    triggers: readTriggers(request.LambdaConfig),
    autoVerifiedAttributes: unique(request.AutoVerifiedAttributes),
    templates: readTemplates(request),
    mfa: request.MfaConfiguration ?? 'OFF',
    verifyBeforeUpdate:
      request.UserAttributeUpdateSettings && unique(request.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate),
    devices: request.DeviceConfiguration && {
      challengeRequiredOnNewDevice: request.DeviceConfiguration.ChallengeRequiredOnNewDevice ?? false,
      onlyRememberedOnUserPrompt: request.DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt ?? false,
    },
    email: readEmailSettings(request.EmailConfiguration),
    adminCreatesUsersOnly: request.AdminCreateUserConfig?.AllowAdminCreateUserOnly ?? false,
    addOns: readAddOns(request.UserPoolAddOns),
    recovery: readRecovery(request.AccountRecoverySetting),
    acrValues: readAcrValues(request.AcrConfiguration),
  } satisfies Partial<Pool>
}

/** What a response shows of a pool in addition to its settings. */
type PoolContext = {
  readonly accountId: string
  readonly estimatedNumberOfUsers: number
  readonly domains: readonly PoolDomain[]
  readonly isFederated: boolean
}

/** The pool as DescribeUserPool shows it. Members with default values are always present, because Terraform reads some of them blindly. */
export function writePool(pool: Pool, context: PoolContext): UserPoolType {
  return {
    Id: pool.id,
    Arn: poolArn(pool.id, context.accountId),
    Name: pool.name,
    CreationDate: new Date(pool.createdAt),
    LastModifiedDate: new Date(pool.updatedAt),
    Policies: writePolicies(pool),
    DeletionProtection: pool.deletionProtection ? 'ACTIVE' : 'INACTIVE',
    LambdaConfig: writeTriggers(pool.triggers),
    SchemaAttributes: shownSchema(pool, context).map(writeSchemaAttribute),
    AutoVerifiedAttributes: ifAny(pool.autoVerifiedAttributes),
    AliasAttributes: ifAny(pool.aliasAttributes),
    UsernameAttributes: ifAny(pool.usernameAttributes),
    ...writeVerificationTemplates(pool.templates),
    UserAttributeUpdateSettings: pool.verifyBeforeUpdate && { AttributesRequireVerificationBeforeUpdate: pool.verifyBeforeUpdate },
    MfaConfiguration: pool.mfa,
    DeviceConfiguration: pool.devices && {
      ChallengeRequiredOnNewDevice: pool.devices.challengeRequiredOnNewDevice,
      DeviceOnlyRememberedOnUserPrompt: pool.devices.onlyRememberedOnUserPrompt,
    },
    EstimatedNumberOfUsers: context.estimatedNumberOfUsers,
    Domain: context.domains.find((domain) => domain.custom === undefined)?.domain,
    CustomDomain: context.domains.find((domain) => domain.custom !== undefined)?.domain,
    EmailConfiguration: writeEmailSettings(pool.email),
    SmsConfiguration: writeSmsSettings(pool.sms),
    UserPoolTags: { ...pool.tags },
    AdminCreateUserConfig: writeInvitations(pool),
    UserPoolAddOns: writeAddOns(pool.addOns),
    DcrConfiguration: writeDynamicClientRegistration(pool.dynamicClientRegistration),
    UsernameConfiguration: pool.caseSensitive === undefined ? undefined : { CaseSensitive: pool.caseSensitive },
    AccountRecoverySetting: writeRecovery(pool.recovery),
    UserPoolTier: pool.tier,
    KeyConfiguration: { KeyType: pool.key?.type ?? 'AWS_OWNED_KEY', KmsKeyArn: pool.key?.kmsKeyArn },
    IssuerConfiguration: { Type: pool.issuerType ?? 'ORIGINAL' },
    AcrConfiguration: writeAcrValues(pool.acrValues),
  }
}

/** The pool as ListUserPools shows it. */
export function writePoolDescription(pool: Pool): UserPoolDescriptionType {
  return {
    Id: pool.id,
    Name: pool.name,
    LambdaConfig: writeTriggers(pool.triggers),
    CreationDate: new Date(pool.createdAt),
    LastModifiedDate: new Date(pool.updatedAt),
  }
}

function shownSchema({ schema }: Pool, { isFederated }: PoolContext): Pool['schema'] {
  return isFederated ? schema.toSpliced(standardAttributes.length, 0, identitiesAttribute) : schema
}

export function poolArn(poolId: string, accountId: string): string {
  return `arn:aws:cognito-idp:${regionOf(poolId)}:${accountId}:userpool/${poolId}`
}

/** Copies the tags with a spread instead of assignments, because a tag may be called `__proto__`. */
function readTags(tags: Readonly<Record<string, string>>): Pool['tags'] {
  return { ...tags }
}

function readKey(configuration: KeyConfigurationType | undefined): Pool['key'] {
  if (configuration === undefined) return undefined
  const { KeyType: type, KmsKeyArn: kmsKeyArn } = configuration
  return { type: type ?? (kmsKeyArn === undefined ? 'AWS_OWNED_KEY' : 'CUSTOMER_MANAGED_KEY'), kmsKeyArn }
}

function unique<Value>(values: readonly Value[] = []): readonly Value[] {
  return [...new Set(values)]
}

/** Undefined for an empty list, because Cognito's responses omit empty lists. */
function ifAny<Value>(values: readonly Value[]): readonly Value[] | undefined {
  return values.length === 0 ? undefined : values
}
