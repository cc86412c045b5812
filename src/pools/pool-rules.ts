import { invalidParameter } from '../contract/api-error.ts'
import { mfaMethodsOf } from './mfa/mfa-methods.ts'
import type { Pool } from './pool.ts'

/** @throws ApiError InvalidParameterException when settings of the pool, each of them valid, contradict each other */
export function requireConsistentPool(pool: Pool): void {
  requireConsistentNames(pool)
  requireSmsIfNeeded(pool)
  const unverified = (pool.verifyBeforeUpdate ?? []).filter((attribute) => !pool.autoVerifiedAttributes.includes(attribute))
  if (unverified.length > 0) {
    throw invalidParameter('All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes')
  }
  if (pool.mfa === 'ON' && pool.allowedFirstFactors.some((factor) => factor === 'EMAIL_OTP' || factor === 'SMS_OTP')) {
    throw invalidParameter('EMAIL_OTP and SMS_OTP cannot be first authentication factors when MfaConfiguration is ON.')
  }
  // Cognito also requires a sender of the pool's own (DEVELOPER), because Cognito's default sender may send only 50 messages a day.
  // Lifeguard's default sender has no such quota.
  const recoversByEmailOnly = pool.recovery?.length === 1 && pool.recovery[0] === 'verified_email'
  if (pool.mfa !== 'OFF' && pool.mfaFactors.email && recoversByEmailOnly) {
    throw invalidParameter('Email MFA cannot be set up where verified_email is the only account recovery mechanism.')
  }
  if (pool.key?.type === 'CUSTOMER_MANAGED_KEY' && pool.key.kmsKeyArn === undefined) {
    throw invalidParameter('KmsKeyArn is required when KeyType is CUSTOMER_MANAGED_KEY.')
  }
  if (pool.key?.type === 'AWS_OWNED_KEY' && pool.key.kmsKeyArn !== undefined) {
    throw invalidParameter('KmsKeyArn cannot be set when KeyType is AWS_OWNED_KEY.')
  }
}

function requireConsistentNames(pool: Pool): void {
  if (pool.aliasAttributes.length > 0 && pool.usernameAttributes.length > 0) {
    throw invalidParameter('Only one of AliasAttributes and UsernameAttributes can be set.')
  }
  const isPreferredUsernameRequired = pool.schema.some((definition) => definition.name === 'preferred_username' && definition.required)
  if (isPreferredUsernameRequired && pool.aliasAttributes.includes('preferred_username')) {
    throw invalidParameter('preferred_username cannot be both an alias and a required attribute.')
  }
}

function requireSmsIfNeeded(pool: Pool): void {
  if (pool.sms !== undefined) return
  if (pool.autoVerifiedAttributes.includes('phone_number')) {
    throw invalidParameter('SMS configuration is required when phone_number is selected for auto verification')
  }
  // Text messages are the only second factor that CreateUserPool and UpdateUserPool can set up. The error text is Cognito's. It names
  // auto-verification of phone_number, which Cognito no longer requires.
  if (pool.mfa !== 'OFF' && mfaMethodsOf(pool).length === 0) {
    throw invalidParameter('SMS configuration and Auto verification for phone_number are required when MFA is required/optional')
  }
}
