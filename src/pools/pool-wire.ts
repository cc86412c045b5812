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

/** The pool that CreateUserPool asks for, defaults filled in. Throws InvalidParameterException. */
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
    // Asking for threat protection without naming a tier asks for the tier that has it.
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
 * `pool` as UpdateUserPool leaves it. What the request does not name goes back to its default, except name, SMS configuration (which
 * cannot be taken away), tier, tags, key, issuer, dynamic client registration, and what SetUserPoolMfaConfig set up besides the
 * MfaConfiguration itself. How users are named and the schema never change.
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

/** What both requests set, and an update without it resets. */
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

/** What an answer tells of a pool that is not its own setting. */
type PoolContext = {
  readonly accountId: string
  readonly estimatedNumberOfUsers: number
  readonly domains: readonly PoolDomain[]
  readonly isFederated: boolean
}

/** As DescribeUserPool shows it. The members that hold a default are always there: Terraform reads some of them without asking. */
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

/** As ListUserPools shows it. */
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

/** Spread, not assigned one by one: a tag may be called `__proto__`. */
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

/** Cognito leaves an empty list out. */
function ifAny<Value>(values: readonly Value[]): readonly Value[] | undefined {
  return values.length === 0 ? undefined : values
}
