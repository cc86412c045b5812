import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolCommand, type CreateUserPoolCommandInput, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'

type Refusal = { request: Partial<CreateUserPoolCommandInput>; error: string; message?: string }

const sms = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' }
const lambdaArn = 'arn:aws:lambda:us-east-1:123456789012:function:f'
const invalid = 'InvalidParameterException'

const refusals: Record<string, Refusal> = {
  'aliases together with username attributes': { request: { AliasAttributes: ['email'], UsernameAttributes: ['email'] }, error: invalid },
  'verifying phone numbers without text messages': {
    request: { AutoVerifiedAttributes: ['phone_number'] },
    error: invalid,
    message: 'SMS configuration is required when phone_number is selected for auto verification',
  },
  'a second factor without text messages': {
    request: { MfaConfiguration: 'ON' },
    error: invalid,
    message: 'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
  },
  'codes as first factor of those who need a second one': {
    request: {
      MfaConfiguration: 'ON',
      SmsConfiguration: sms,
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'SMS_OTP'] } },
    },
    error: invalid,
  },
  'first factors without the password': {
    request: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['WEB_AUTHN'] } } },
    error: invalid,
  },
  'authenticator apps as first factor': {
    request: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'SOFTWARE_TOKEN'] } } },
    error: invalid,
  },
  'proof before the update of what is not verified': {
    request: { UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] } },
    error: invalid,
    message: 'All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes',
  },
  'two lives of a temporary password': {
    request: {
      Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 3 } },
      AdminCreateUserConfig: { UnusedAccountValidityDays: 4 },
    },
    error: invalid,
    message: 'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays',
  },
  'a link message without the text of the link': {
    request: { VerificationMessageTemplate: { EmailMessageByLink: 'Code {####}' } },
    error: invalid,
    message: 'The message is invalid.',
  },
  'two different functions before token generation': {
    request: {
      LambdaConfig: { PreTokenGeneration: lambdaArn, PreTokenGenerationConfig: { LambdaVersion: 'V1_0', LambdaArn: `${lambdaArn}2` } },
    },
    error: invalid,
  },
  'a custom sender without a key': {
    request: { LambdaConfig: { CustomEmailSender: { LambdaVersion: 'V1_0', LambdaArn: lambdaArn } } },
    error: invalid,
  },
  'a sender of its own without an identity': { request: { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER' } }, error: invalid },
  'a sender outside of the identity': {
    request: {
      EmailConfiguration: {
        EmailSendingAccount: 'DEVELOPER',
        SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/a@example.test',
        From: 'b@example.test',
      },
    },
    error: invalid,
  },
  'a sender with a second header in it': {
    request: { EmailConfiguration: { From: 'Eve\r\nBcc: all@example.test <eve@example.test>' } },
    error: invalid,
  },
  'two ways to send text messages': { request: { SmsConfiguration: { ...sms, EumsSms: { CallerArn: sms.SnsCallerArn } } }, error: invalid },
  'text messages from another region': {
    request: { SmsConfiguration: { EumsSms: { CallerArn: sms.SnsCallerArn, Region: 'eu-west-1' } } },
    error: invalid,
  },
  'text messages without a role': { request: { SmsConfiguration: { ExternalId: 'x' } }, error: invalid },
  'recovery by an administrator and by mail': {
    request: {
      AccountRecoverySetting: {
        RecoveryMechanisms: [
          { Priority: 1, Name: 'admin_only' },
          { Priority: 2, Name: 'verified_email' },
        ],
      },
    },
    error: invalid,
  },
  'one priority for two ways of recovery': {
    request: {
      AccountRecoverySetting: {
        RecoveryMechanisms: [
          { Priority: 1, Name: 'verified_email' },
          { Priority: 1, Name: 'verified_phone_number' },
        ],
      },
    },
    error: invalid,
  },
  'a key of the customer without its name': { request: { KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY' } }, error: invalid },
  'an unknown assurance level': { request: { AcrConfiguration: { Level5: { AcrValue: 'x' } } }, error: invalid },
  'one name for two assurance levels': { request: { AcrConfiguration: { Level1: { AcrValue: 'urn:cognito:loa:2' } } }, error: invalid },
  'an assurance level with a space': { request: { AcrConfiguration: { Level1: { AcrValue: 'a b' } } }, error: invalid },
  'more than 50 tags': {
    request: { UserPoolTags: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`tag${i}`, ''])) },
    error: 'UserPoolTaggingException',
  },
}

/** Members that UpdateUserPool does not have. */
const onlyAtCreation = new Set(['aliases together with username attributes'])

for (const engine of engines) {
  describe(`A user pool on ${engine.name} refuses`, () => {
    const server = useTestServer(engine)

    for (const [what, { request, error, message }] of Object.entries(refusals)) {
      it(what, async () => {
        const expected = message === undefined ? { name: error } : { name: error, message }
        await assert.rejects(server().send(new CreateUserPoolCommand({ PoolName: 'refused', ...request })), expected)
        if (onlyAtCreation.has(what)) return

        const { poolId } = await server().givenPool()
        await assert.rejects(server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, ...request })), expected)
      })
    }
  })
}
