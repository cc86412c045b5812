import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolCommand, type CreateUserPoolCommandInput, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'

type Rejection = { request: Partial<CreateUserPoolCommandInput>; error: string; message?: string }

const sms = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' }
const lambdaArn = 'arn:aws:lambda:us-east-1:123456789012:function:f'
const invalid = 'InvalidParameterException'

const rejections: Record<string, Rejection> = {
  'aliases together with username attributes': { request: { AliasAttributes: ['email'], UsernameAttributes: ['email'] }, error: invalid },
  'automatic verification of phone numbers without an SMS configuration': {
    request: { AutoVerifiedAttributes: ['phone_number'] },
    error: invalid,
    message: 'SMS configuration is required when phone_number is selected for auto verification',
  },
  'required MFA without an SMS configuration': {
    request: { MfaConfiguration: 'ON' },
    error: invalid,
    message: 'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
  },
  'codes as a first factor with required MFA': {
    request: {
      MfaConfiguration: 'ON',
      SmsConfiguration: sms,
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'SMS_OTP'] } },
    },
    error: invalid,
  },
  'first factors without PASSWORD': {
    request: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['WEB_AUTHN'] } } },
    error: invalid,
  },
  'authenticator apps as a first factor': {
    request: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'SOFTWARE_TOKEN'] } } },
    error: invalid,
  },
  'verification before update of an attribute that is not verified automatically': {
    request: { UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] } },
    error: invalid,
    message: 'All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes',
  },
  'two different lifetimes of a temporary password': {
    request: {
      Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 3 } },
      AdminCreateUserConfig: { UnusedAccountValidityDays: 4 },
    },
    error: invalid,
    message: 'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays',
  },
  'a link template without the text of the link': {
    request: { VerificationMessageTemplate: { EmailMessageByLink: 'Code {####}' } },
    error: invalid,
    message: 'The message is invalid.',
  },
  'two different PreTokenGeneration functions': {
    request: {
      LambdaConfig: { PreTokenGeneration: lambdaArn, PreTokenGenerationConfig: { LambdaVersion: 'V1_0', LambdaArn: `${lambdaArn}2` } },
    },
    error: invalid,
  },
  'a custom sender without a KMS key': {
    request: { LambdaConfig: { CustomEmailSender: { LambdaVersion: 'V1_0', LambdaArn: lambdaArn } } },
    error: invalid,
  },
  'the sending account DEVELOPER without an SES identity': {
    request: { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER' } },
    error: invalid,
  },
  'a sender that does not belong to the SES identity': {
    request: {
      EmailConfiguration: {
        EmailSendingAccount: 'DEVELOPER',
        SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/a@example.test',
        From: 'b@example.test',
      },
    },
    error: invalid,
  },
  'a sender with a line break': {
    request: { EmailConfiguration: { From: 'Eve\r\nBcc: all@example.test <eve@example.test>' } },
    error: invalid,
  },
  'SNS and End User Messaging together': {
    request: { SmsConfiguration: { ...sms, EumsSms: { CallerArn: sms.SnsCallerArn } } },
    error: invalid,
  },
  'End User Messaging in another region': {
    request: { SmsConfiguration: { EumsSms: { CallerArn: sms.SnsCallerArn, Region: 'eu-west-1' } } },
    error: invalid,
  },
  'an SMS configuration without a role': { request: { SmsConfiguration: { ExternalId: 'x' } }, error: invalid },
  'admin_only recovery together with e-mail': {
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
  'the same priority for two recovery mechanisms': {
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
  'a customer-managed key without its ARN': { request: { KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY' } }, error: invalid },
  'an unknown assurance level': { request: { AcrConfiguration: { Level5: { AcrValue: 'x' } } }, error: invalid },
  'the same name for two assurance levels': {
    request: { AcrConfiguration: { Level1: { AcrValue: 'urn:cognito:loa:2' } } },
    error: invalid,
  },
  'a name of an assurance level with a space': { request: { AcrConfiguration: { Level1: { AcrValue: 'a b' } } }, error: invalid },
  'more than 50 tags': {
    request: { UserPoolTags: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`tag${i}`, ''])) },
    error: 'UserPoolTaggingException',
  },
}

/** The keys of `rejections` whose requests have members that UpdateUserPool does not have. */
const onlyAtCreation = new Set(['aliases together with username attributes'])

for (const engine of engines) {
  describe(`CreateUserPool and UpdateUserPool on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const [what, { request, error, message }] of Object.entries(rejections)) {
      it(`reject ${what}`, async () => {
        const expected = message === undefined ? { name: error } : { name: error, message }
        await assert.rejects(server().send(new CreateUserPoolCommand({ PoolName: 'refused', ...request })), expected)
        if (onlyAtCreation.has(what)) return

        const { poolId } = await server().givenPool()
        await assert.rejects(server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, ...request })), expected)
      })
    }
  })
}
