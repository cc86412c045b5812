import { invalidParameter } from '../contract/api-error.ts'
import type { LambdaConfigType } from '../contract/generated/types.ts'
import type { CognitoTriggerName, TriggerTarget, TriggerTargets } from './trigger-settings.ts'

/** The triggers whose only setting is the ARN of the function. */
const plainTriggers = [
  'PreSignUp',
  'CustomMessage',
  'PostConfirmation',
  'PreAuthentication',
  'PostAuthentication',
  'DefineAuthChallenge',
  'CreateAuthChallenge',
  'VerifyAuthChallengeResponse',
  'UserMigration',
] as const satisfies readonly CognitoTriggerName[]

const versionedTriggers = ['CustomSMSSender', 'CustomEmailSender', 'InboundFederation'] as const satisfies readonly CognitoTriggerName[]

export function readTriggers(config: LambdaConfigType = {}): TriggerTargets {
  const byName: Partial<Record<CognitoTriggerName, TriggerTarget>> = {}
  for (const name of plainTriggers) {
    const arn = config[name]
    if (arn !== undefined) byName[name] = { arn, version: undefined }
  }
  for (const name of versionedTriggers) {
    const target = config[name]
    if (target !== undefined) byName[name] = { arn: target.LambdaArn, version: target.LambdaVersion }
  }
  const preToken = readPreTokenGeneration(config)
  if (preToken !== undefined) byName.PreTokenGeneration = preToken
  if ((byName.CustomSMSSender ?? byName.CustomEmailSender) !== undefined && config.KMSKeyID === undefined) {
    throw invalidParameter('KMSKeyID is required when CustomSMSSender or CustomEmailSender is set.')
  }
  return { byName, kmsKeyArn: config.KMSKeyID }
}

/** As in Cognito, the response has both PreTokenGeneration and PreTokenGenerationConfig, whichever of the two was sent. */
export function writeTriggers({ byName, kmsKeyArn }: TriggerTargets): LambdaConfigType {
  const config: LambdaConfigType = {}
  for (const name of plainTriggers) {
    const target = byName[name]
    if (target !== undefined) config[name] = target.arn
  }
  for (const name of versionedTriggers) {
    const target = byName[name]
    if (target !== undefined) config[name] = { LambdaVersion: 'V1_0', LambdaArn: target.arn }
  }
  const preToken = byName.PreTokenGeneration
  if (preToken !== undefined) {
    config.PreTokenGeneration = preToken.arn
    config.PreTokenGenerationConfig = { LambdaVersion: preToken.version ?? 'V1_0', LambdaArn: preToken.arn }
  }
  if (kmsKeyArn !== undefined) config.KMSKeyID = kmsKeyArn
  return config
}

function readPreTokenGeneration(config: LambdaConfigType): TriggerTarget | undefined {
  const { PreTokenGeneration: legacyArn, PreTokenGenerationConfig: versioned } = config
  if (versioned === undefined) return legacyArn === undefined ? undefined : { arn: legacyArn, version: 'V1_0' }
  if (legacyArn !== undefined && legacyArn !== versioned.LambdaArn) {
    throw invalidParameter('PreTokenGeneration and the LambdaArn of PreTokenGenerationConfig must be the same.')
  }
  return { arn: versioned.LambdaArn, version: versioned.LambdaVersion }
}
