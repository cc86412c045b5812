import { invalidParameter } from '../contract/api-error.ts'
import type {
  AccountRecoverySettingType,
  AdminCreateUserConfigType,
  AuthFactorType,
  PasswordPolicyType,
  UserPoolAddOnsType,
  UserPoolPolicyType,
} from '../contract/generated/types.ts'
import type { FirstFactor, PasswordPolicy, Pool, RecoveryMechanism } from './pool.ts'

const defaultTemporaryPasswordDays = 7
const defaultMinimumLength = 8

/**
 * The password policy of a request. A request without a policy requires every kind of character. A policy in the request requires only the
 * kinds that it names (observed with Terraform and CDK, which always send every member). UnusedAccountValidityDays is the old name of
 * TemporaryPasswordValidityDays.
 */
export function readPasswordPolicy(
  sent: PasswordPolicyType | undefined,
  invitations: AdminCreateUserConfigType | undefined,
): PasswordPolicy {
  const policy = sent ?? { RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true }
  return {
    minimumLength: policy.MinimumLength ?? defaultMinimumLength,
    requireUppercase: policy.RequireUppercase ?? false,
    requireLowercase: policy.RequireLowercase ?? false,
    requireNumbers: policy.RequireNumbers ?? false,
    requireSymbols: policy.RequireSymbols ?? false,
    historySize: policy.PasswordHistorySize,
    temporaryPasswordValidityDays: readTemporaryPasswordDays(policy.TemporaryPasswordValidityDays, invitations?.UnusedAccountValidityDays),
  }
}

/**
 * `unusedAccountDays` is the value of UnusedAccountValidityDays, the old name of TemporaryPasswordValidityDays. In both, 0 means "not set".
 */
function readTemporaryPasswordDays(days: number | undefined, unusedAccountDays: number | undefined): number {
  if (days && unusedAccountDays && days !== unusedAccountDays) {
    throw invalidParameter('Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays')
  }
  return days || unusedAccountDays || defaultTemporaryPasswordDays
}

export function readFirstFactors(factors: readonly AuthFactorType[] = ['PASSWORD']): readonly FirstFactor[] {
  const allowed = [...new Set(factors)].filter((factor) => factor !== 'SOFTWARE_TOKEN')
  if (allowed.length < new Set(factors).size) throw invalidParameter('SOFTWARE_TOKEN cannot be a first authentication factor.')
  if (!allowed.includes('PASSWORD')) throw invalidParameter('AllowedFirstAuthFactors must include PASSWORD.')
  return allowed
}

export function writePolicies({ passwordPolicy, allowedFirstFactors }: Pool): UserPoolPolicyType {
  return {
    PasswordPolicy: {
      MinimumLength: passwordPolicy.minimumLength,
      RequireUppercase: passwordPolicy.requireUppercase,
      RequireLowercase: passwordPolicy.requireLowercase,
      RequireNumbers: passwordPolicy.requireNumbers,
      RequireSymbols: passwordPolicy.requireSymbols,
      PasswordHistorySize: passwordPolicy.historySize,
      TemporaryPasswordValidityDays: passwordPolicy.temporaryPasswordValidityDays,
    },
    SignInPolicy: { AllowedFirstAuthFactors: allowedFirstFactors },
  }
}

/**
 * The recovery mechanisms in the order of their priorities. Only the order is stored: a single mechanism of priority 2 is later shown with
 * priority 1. Undefined stands for Cognito's legacy rule: phone first, then e-mail.
 */
export function readRecovery(setting: AccountRecoverySettingType | undefined): readonly RecoveryMechanism[] | undefined {
  const mechanisms = setting?.RecoveryMechanisms ?? []
  if (mechanisms.length === 0) return undefined
  const names = new Set(mechanisms.map((mechanism) => mechanism.Name))
  const priorities = new Set(mechanisms.map((mechanism) => mechanism.Priority))
  if (names.size < mechanisms.length || priorities.size < mechanisms.length) {
    throw invalidParameter('Every recovery mechanism must have its own name and its own priority.')
  }
  if (names.has('admin_only') && names.size > 1) {
    throw invalidParameter('The recovery mechanism admin_only cannot be combined with others.')
  }
  return mechanisms.toSorted((a, b) => a.Priority - b.Priority).map((mechanism) => mechanism.Name)
}

export function writeRecovery(recovery: Pool['recovery']): AccountRecoverySettingType | undefined {
  return recovery && { RecoveryMechanisms: recovery.map((name, index) => ({ Priority: index + 1, Name: name })) }
}

export function readAddOns(addOns: UserPoolAddOnsType | undefined): Pool['addOns'] {
  return (
    addOns && {
      advancedSecurityMode: addOns.AdvancedSecurityMode,
      customAuthMode: addOns.AdvancedSecurityAdditionalFlows?.CustomAuthMode,
    }
  )
}

export function writeAddOns(addOns: Pool['addOns']): UserPoolAddOnsType | undefined {
  return (
    addOns && {
      AdvancedSecurityMode: addOns.advancedSecurityMode,
      ...(addOns.customAuthMode && { AdvancedSecurityAdditionalFlows: { CustomAuthMode: addOns.customAuthMode } }),
    }
  )
}
