import { invalidParameter } from '../../contract/api-error.ts'
import type { SelfServiceExtensionType, SelfServiceOperationType, SelfServiceRuleType } from '../../contract/generated/types.ts'
import type { OperationName } from '../../contract/operation.ts'
import type { AttributeDefinition } from '../attribute-schema.ts'

/** An operation that users call for themselves, and that a pool or an app client can turn off. */
export type SelfServiceOperation = SelfServiceOperationType

export type SelfServiceRule = {
  readonly isAllowed: boolean
  /** The operation is allowed only so long after the sign-in. Undefined: as long as the session lasts. */
  readonly maxAuthAgeMinutes: number | undefined
  /** Whether the operation is allowed only in a session that began with a second factor. */
  readonly needsSecondFactor: boolean
}

/** What users may do for themselves. A pool and an app client have such settings each. By default everything is allowed, as at Cognito. */
export type SelfServiceExtension = {
  /** An app client's rule for an operation replaces the pool's. */
  readonly operations: Readonly<Partial<Record<SelfServiceOperation, SelfServiceRule>>>
  /** The attributes that users cannot change or delete. Those of the pool and of the app client add up. */
  readonly lockedAttributes: readonly string[]
}

export const noSelfServiceRules: SelfServiceExtension = { operations: {}, lockedAttributes: [] }

/**
 * What a request of each operation names. `token`: an access token, so the operation can have conditions about the sign-in. `client`: an
 * app client. `pool`: only the pool, so the rule of an app client has no effect.
 *
 * Operations that are part of a sign-in have no switch: what a user may do there is what the pool asks for. An operation that finishes what
 * an earlier one began (`ConfirmSignUp`, `ResendConfirmationCode`) has none either, or has the switch of the earlier one (`switchOf`).
 */
export const selfServiceOperations: Readonly<Record<SelfServiceOperation, 'token' | 'client' | 'pool'>> = {
  AssociateSoftwareToken: 'token',
  ChangePassword: 'token',
  ChangeUsername: 'token',
  CompleteWebAuthnRegistration: 'token',
  ConfirmDevice: 'token',
  CorrectSignUpContact: 'client',
  CreateRecoveryCodes: 'token',
  DeleteUser: 'token',
  DeleteUserAttributes: 'token',
  DeleteWebAuthnCredential: 'token',
  ForgetDevice: 'token',
  ForgotPassword: 'client',
  GetDevice: 'token',
  GetRecoveryCodeStatus: 'token',
  GetUser: 'token',
  GetUserAttributeVerificationCode: 'token',
  GetUserAuthFactors: 'token',
  GlobalSignOut: 'token',
  ListDevices: 'token',
  ListUserSessions: 'token',
  ListWebAuthnCredentials: 'token',
  RevokeToken: 'client',
  RevokeUserSession: 'token',
  SetUserMFAPreference: 'token',
  SetUserSettings: 'token',
  SignUp: 'client',
  StartWebAuthnRegistration: 'token',
  UnlinkProvider: 'token',
  UpdateAuthEventFeedback: 'pool',
  UpdateDeviceStatus: 'token',
  UpdateUserAttributes: 'token',
  UpdateWebAuthnCredential: 'token',
  VerifySoftwareToken: 'token',
  VerifyUserAttribute: 'token',
}

/** The switch that the operation obeys. Undefined for operations that have none. */
export function switchOf(name: OperationName): SelfServiceOperation | undefined {
  if (name === 'ConfirmForgotPassword') return 'ForgotPassword'
  return Object.hasOwn(selfServiceOperations, name) ? (name as SelfServiceOperation) : undefined
}

type Reading = { readonly pool: { readonly schema: readonly AttributeDefinition[] }; readonly of: 'pool' | 'client' }

/** @throws ApiError InvalidParameterException when a rule can have no effect, or an attribute is not in the schema */
export function readSelfService({ pool, of }: Reading, sent: SelfServiceExtensionType): SelfServiceExtension {
  const rules = Object.entries(sent.Operations ?? {}) as [SelfServiceOperation, SelfServiceRuleType][]
  const lockedAttributes = [...new Set(sent.LockedAttributes)]
  const unknown = lockedAttributes.find((name) => !pool.schema.some((definition) => definition.name === name))
  if (unknown !== undefined) {
    throw invalidParameter(`SelfService.LockedAttributes: the user pool has no attribute ${JSON.stringify(unknown)}.`)
  }
  return { operations: Object.fromEntries(rules.map(([name, rule]) => [name, readRule(name, of, rule)])), lockedAttributes }
}

function readRule(name: SelfServiceOperation, of: Reading['of'], sent: SelfServiceRuleType): SelfServiceRule {
  const rule = { isAllowed: sent.Allowed ?? true, maxAuthAgeMinutes: sent.MaxAuthAgeMinutes, needsSecondFactor: sent.SecondFactor ?? false }
  const names = selfServiceOperations[name]
  const where = `SelfService.Operations.${name}`
  if (names === 'pool' && of === 'client') {
    throw invalidParameter(`${where}: its requests name no app client. Set the rule in SetUserPoolExtensions.`)
  }
  if (names !== 'token' && (rule.maxAuthAgeMinutes !== undefined || rule.needsSecondFactor)) {
    throw invalidParameter(`${where}: users call ${name} without a sign-in. Set Allowed only, not MaxAuthAgeMinutes or SecondFactor.`)
  }
  return rule
}

export function writeSelfService({ operations, lockedAttributes }: SelfServiceExtension): SelfServiceExtensionType {
  return {
    Operations: Object.fromEntries(Object.entries(operations).map(([name, rule]) => [name, writeRule(rule)])),
    LockedAttributes: lockedAttributes,
  }
}

function writeRule({ isAllowed, maxAuthAgeMinutes, needsSecondFactor }: SelfServiceRule): SelfServiceRuleType {
  return { Allowed: isAllowed, MaxAuthAgeMinutes: maxAuthAgeMinutes, SecondFactor: needsSecondFactor }
}
