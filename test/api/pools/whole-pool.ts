import type { CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider'

const lambda = (name: string) => `arn:aws:lambda:us-east-1:123456789012:function:${name}`

/** A request with all members that can be set together, each with another value than its default. */
export const wholePool = {
  PoolName: 'Everything, at once',
  Policies: {
    PasswordPolicy: {
      MinimumLength: 12,
      RequireUppercase: false,
      RequireLowercase: true,
      RequireNumbers: false,
      RequireSymbols: true,
      PasswordHistorySize: 5,
      TemporaryPasswordValidityDays: 3,
    },
    SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'WEB_AUTHN'] },
  },
  DeletionProtection: 'ACTIVE',
  LambdaConfig: {
    PreSignUp: lambda('pre-sign-up'),
    CustomMessage: lambda('custom-message'),
    PostConfirmation: lambda('post-confirmation'),
    PreAuthentication: lambda('pre-authentication'),
    PostAuthentication: lambda('post-authentication'),
    DefineAuthChallenge: lambda('define'),
    CreateAuthChallenge: lambda('create'),
    VerifyAuthChallengeResponse: lambda('verify'),
    UserMigration: lambda('migrate'),
    PreTokenGeneration: lambda('pre-token'),
    PreTokenGenerationConfig: { LambdaVersion: 'V2_0', LambdaArn: lambda('pre-token') },
    CustomSMSSender: { LambdaVersion: 'V1_0', LambdaArn: lambda('sms') },
    CustomEmailSender: { LambdaVersion: 'V1_0', LambdaArn: lambda('email') },
    InboundFederation: { LambdaVersion: 'V1_0', LambdaArn: lambda('inbound') },
    KMSKeyID: 'arn:aws:kms:us-east-1:123456789012:key/4d43904c-8edf-4bb4-9fca-fb1a80e41cbe',
  },
  AutoVerifiedAttributes: ['email', 'phone_number'],
  AliasAttributes: ['email', 'preferred_username'],
  VerificationMessageTemplate: {
    DefaultEmailOption: 'CONFIRM_WITH_LINK',
    SmsMessage: 'Text {####}',
    EmailMessage: 'Mail {####}',
    EmailSubject: 'Code',
    EmailMessageByLink: 'Follow {##this link##}',
    EmailSubjectByLink: 'Link',
  },
  SmsAuthenticationMessage: 'Second factor {####}',
  MfaConfiguration: 'OPTIONAL',
  UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
  DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true },
  EmailConfiguration: {
    EmailSendingAccount: 'DEVELOPER',
    SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.test',
    From: 'Example <hello@mail.example.test>',
    ReplyToEmailAddress: 'help@example.test',
    ConfigurationSet: 'mails',
  },
  SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms', ExternalId: 'external', SnsRegion: 'eu-west-1' },
  UserPoolTags: { team: 'identity', constructor: 'builder' },
  AdminCreateUserConfig: {
    AllowAdminCreateUserOnly: true,
    InviteMessageTemplate: { SMSMessage: '{username} {####}', EmailMessage: 'Welcome {username} {####}', EmailSubject: 'Welcome' },
  },
  UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT', AdvancedSecurityAdditionalFlows: { CustomAuthMode: 'ENFORCED' } },
  DcrConfiguration: {
    EnableStatus: 'Enabled',
    OpenDcrEnabled: true,
    AuthenticatedGrantTypes: ['client_credentials'],
    OpenDcrGrantTypes: [],
    AllowedScopes: ['aws.cognito.signin.user.admin'],
  },
  UsernameConfiguration: { CaseSensitive: false },
  AccountRecoverySetting: {
    RecoveryMechanisms: [
      { Priority: 1, Name: 'verified_phone_number' },
      { Priority: 2, Name: 'verified_email' },
    ],
  },
  UserPoolTier: 'PLUS',
  KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/pool' },
  IssuerConfiguration: { Type: 'UPDATED' },
  AcrConfiguration: {
    Level1: { AcrValue: 'bronze' },
    Level2: { AcrValue: 'silver' },
    Level3: { AcrValue: 'gold' },
    Level4: { AcrValue: 'platinum' },
  },
} as const satisfies CreateUserPoolCommandInput
