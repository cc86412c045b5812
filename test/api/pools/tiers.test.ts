import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateManagedLoginBrandingCommand,
  CreateTermsCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
  CreateUserPoolDomainCommand,
  DescribeUserPoolCommand,
  SetLogDeliveryConfigurationCommand,
  UpdateUserPoolClientCommand,
  UpdateUserPoolCommand,
  UpdateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'

const lambdaArn = 'arn:aws:lambda:us-east-1:123456789012:function:f'
const passwordless: Partial<CreateUserPoolCommandInput> = {
  Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
}
const unavailable = { name: 'FeatureUnavailableInTierException' }

/** Requests with a feature that their tier lacks. `what` is the name of the feature in the error. */
const beyond: readonly { readonly what: string; readonly request: Partial<CreateUserPoolCommandInput> }[] = [
  { what: 'Threat Protection', request: { UserPoolTier: 'ESSENTIALS', UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } },
  { what: 'Passwordless Sign-In', request: { UserPoolTier: 'LITE', ...passwordless } },
  { what: 'Password History', request: { UserPoolTier: 'LITE', Policies: { PasswordPolicy: { PasswordHistorySize: 2 } } } },
  {
    what: 'Access Token Customization',
    request: { UserPoolTier: 'LITE', LambdaConfig: { PreTokenGenerationConfig: { LambdaVersion: 'V2_0', LambdaArn: lambdaArn } } },
  },
  { what: 'Dynamic Client Registration', request: { UserPoolTier: 'LITE', DcrConfiguration: {} } },
  {
    what: 'Custom Authentication Context Class References',
    request: { UserPoolTier: 'LITE', AcrConfiguration: { Level1: { AcrValue: 'one' } } },
  },
]

const activityLog = {
  LogLevel: 'INFO',
  EventSource: 'userAuthEvents',
  CloudWatchLogsConfiguration: { LogGroupArn: 'arn:aws:logs:us-east-1:123456789012:log-group:activity' },
} as const

const link = {
  TermsName: 'terms-of-use',
  TermsSource: 'LINK',
  Enforcement: 'NONE',
  Links: { 'cognito:default': 'https://t.example' },
} as const

for (const engine of engines) {
  describe(`With --enforce-tiers on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--enforce-tiers'] })

    for (const { what, request } of beyond) {
      it(`a pool cannot have ${what} in a tier that lacks this feature`, async () => {
        const message = `The following features need to be disabled for the ${request.UserPoolTier} pricing tier configured: ${what}`
        await assert.rejects(server().send(new CreateUserPoolCommand({ PoolName: 'x', ...request })), { ...unavailable, message })
        const { poolId } = await server().givenPool({ pool: { UserPoolTier: request.UserPoolTier } })
        await assert.rejects(server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, ...request })), { ...unavailable, message })
      })
    }

    it('a pool can change to a lower tier only if the update leaves out the features that this tier lacks', async () => {
      const { poolId } = await server().givenPool({ pool: passwordless })
      const down = { UserPoolId: poolId, UserPoolTier: 'LITE' } as const
      const name = 'TierChangeNotAllowedException'
      await assert.rejects(server().send(new UpdateUserPoolCommand({ ...down, ...passwordless })), { name })
      await server().send(new UpdateUserPoolCommand(down))
      const { UserPool: pool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      assert.equal(pool?.UserPoolTier, 'LITE')
    })

    it('a LITE pool has neither choice-based sign-in nor managed login with its branding and terms', async () => {
      const { poolId: UserPoolId, clientId: ClientId } = await server().givenPool({ pool: { UserPoolTier: 'LITE' } })
      const choice = { UserPoolId, ExplicitAuthFlows: ['ALLOW_USER_AUTH' as const] }
      const Domain = `lite-${UserPoolId.split('_')[1]?.toLowerCase()}`
      await assert.rejects(server().send(new CreateUserPoolClientCommand({ ...choice, ClientName: 'x' })), unavailable)
      await assert.rejects(server().send(new UpdateUserPoolClientCommand({ ...choice, ClientId })), unavailable)
      await assert.rejects(server().send(new CreateUserPoolDomainCommand({ UserPoolId, Domain, ManagedLoginVersion: 2 })), unavailable)
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId, Domain }))
      await assert.rejects(server().send(new UpdateUserPoolDomainCommand({ UserPoolId, Domain, ManagedLoginVersion: 2 })), unavailable)

      const branding = new CreateManagedLoginBrandingCommand({ UserPoolId, ClientId, UseCognitoProvidedValues: true })
      await assert.rejects(server().send(branding), { name: 'OperationNotEnabledException' })
      const terms = new CreateTermsCommand({ UserPoolId, ClientId, ...link })
      await assert.rejects(server().send(terms), { name: 'OperationNotEnabledException' })
    })

    it('only a PLUS pool can export the log of user activity', async () => {
      const { poolId: UserPoolId } = await server().givenPool()
      const set = new SetLogDeliveryConfigurationCommand({ UserPoolId, LogConfigurations: [activityLog] })
      await assert.rejects(server().send(set), unavailable)
      await server().send(new UpdateUserPoolCommand({ UserPoolId, UserPoolTier: 'PLUS' }))
      await server().send(set)
    })
  })

  describe(`Without --enforce-tiers on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const { what, request } of beyond) {
      it(`every tier includes ${what}`, async () => {
        const { poolId } = await server().givenPool({ pool: request })
        await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, ...request, UserPoolTier: 'LITE' }))
        const { UserPool: pool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
        assert.equal(pool?.UserPoolTier, 'LITE')
      })
    }

    it('a LITE pool can have choice-based sign-in, a managed login branding and the export of the log of user activity', async () => {
      const { poolId: UserPoolId, clientId: ClientId } = await server().givenPool({ pool: { UserPoolTier: 'LITE' } })
      await server().send(new UpdateUserPoolClientCommand({ UserPoolId, ClientId, ExplicitAuthFlows: ['ALLOW_USER_AUTH'] }))
      await server().send(new CreateManagedLoginBrandingCommand({ UserPoolId, ClientId, UseCognitoProvidedValues: true }))
      await server().send(new SetLogDeliveryConfigurationCommand({ UserPoolId, LogConfigurations: [activityLog] }))
    })
  })
}
