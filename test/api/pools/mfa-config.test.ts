import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
  DescribeUserPoolCommand,
  GetUserPoolMfaConfigCommand,
  SetUserPoolMfaConfigCommand,
  type SetUserPoolMfaConfigCommandInput,
  UpdateUserPoolCommand,
  type UpdateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { factorBlocks, SmsConfiguration } from '../../support/mfa.ts'
import { useTestServer } from '../../support/test-server.ts'

const rejection = (message: string) => ({ name: 'InvalidParameterException', message })
const noFactor = rejection('Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.')
const offWithFactor = rejection("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
const allDisabled = rejection("Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.")
const smsNeeded = rejection('SMS configuration and Auto verification for phone_number are required when MFA is required/optional')

/** The SMS configuration as responses show it: they add the region. */
const shownSms = { ...SmsConfiguration, SnsRegion: 'us-east-1' }

const recovery = (...names: ('verified_email' | 'verified_phone_number')[]) => ({
  AccountRecoverySetting: { RecoveryMechanisms: names.map((Name, index) => ({ Name, Priority: index + 1 })) },
})

for (const engine of engines) {
  describe(`The MFA configuration of a pool on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function get(UserPoolId: string) {
      const { $metadata, ...config } = await server().send(new GetUserPoolMfaConfigCommand({ UserPoolId }))
      return config
    }

    async function set(UserPoolId: string, request: Omit<SetUserPoolMfaConfigCommandInput, 'UserPoolId'>) {
      const { $metadata, ...config } = await server().send(new SetUserPoolMfaConfigCommand({ UserPoolId, ...request }))
      assert.deepEqual(await get(UserPoolId), config)
      const { UserPool } = await server().send(new DescribeUserPoolCommand({ UserPoolId }))
      assert.equal(UserPool?.MfaConfiguration, config.MfaConfiguration)
      return config
    }

    async function create(input: Partial<CreateUserPoolCommandInput> = {}): Promise<string> {
      const { UserPool } = await server().send(new CreateUserPoolCommand({ PoolName: 'mfa', ...input }))
      return UserPool?.Id ?? ''
    }

    const update = (UserPoolId: string, input: Partial<UpdateUserPoolCommandInput> = {}) =>
      server().send(new UpdateUserPoolCommand({ UserPoolId, ...input }))

    it('is off in a new pool, which shows no factor', async () => {
      assert.deepEqual(await get(await create()), { MfaConfiguration: 'OFF' })
    })

    it('shows the settings of the request and nothing else', async () => {
      const poolId = await create()
      for (const MfaConfiguration of ['OPTIONAL', 'ON'] as const) {
        for (const block of [factorBlocks.totp, { SoftwareTokenMfaConfiguration: { Enabled: false }, EmailMfaConfiguration: {} }])
          assert.deepEqual(await set(poolId, { MfaConfiguration, ...block }), { MfaConfiguration, ...block })
      }
      const whole = {
        MfaConfiguration: 'OPTIONAL',
        SmsMfaConfiguration: { SmsAuthenticationMessage: 'Text {####}', SmsConfiguration: shownSms },
        SoftwareTokenMfaConfiguration: { Enabled: true },
        EmailMfaConfiguration: { Message: 'Mail {####}', Subject: 'Code' },
        WebAuthnConfiguration: {
          RelyingPartyId: 'auth.example.com',
          UserVerification: 'required',
          FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION',
        },
      } as const
      assert.deepEqual(await set(poolId, whole), whole)
      const { UserPool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      assert.deepEqual([UserPool?.SmsConfiguration, UserPool?.SmsAuthenticationMessage], [shownSms, 'Text {####}'])
    })

    it('is replaced as a whole: a missing factor is off, and without MfaConfiguration MFA is off', async () => {
      const poolId = await create()
      await set(poolId, { MfaConfiguration: 'ON', ...factorBlocks.sms, ...factorBlocks.totp })
      assert.deepEqual(await set(poolId, { MfaConfiguration: 'ON', ...factorBlocks.email }), {
        MfaConfiguration: 'ON',
        EmailMfaConfiguration: {},
      })
      assert.deepEqual(await set(poolId, {}), { MfaConfiguration: 'OFF' })
    })

    it('accepts SMS only with an SMS configuration in the request or the pool', async () => {
      const poolId = await create()
      const missing = rejection('[SmsConfiguration] is a required member of [SoftwareTokenMfaConfiguration].')
      await assert.rejects(set(poolId, { MfaConfiguration: 'ON', SmsMfaConfiguration: {} }), missing)
      await set(poolId, { MfaConfiguration: 'ON', ...factorBlocks.sms })
      await set(poolId, { MfaConfiguration: 'ON', ...factorBlocks.totp })
      const again = await set(poolId, { MfaConfiguration: 'ON', SmsMfaConfiguration: {} })
      assert.deepEqual(again.SmsMfaConfiguration?.SmsConfiguration, shownSms)
    })

    it('rejects contradictory settings', async () => {
      const poolId = await create()
      for (const MfaConfiguration of ['ON', 'OPTIONAL'] as const) {
        await assert.rejects(set(poolId, { MfaConfiguration }), noFactor)
        await assert.rejects(set(poolId, { MfaConfiguration, WebAuthnConfiguration: {} }), noFactor)
        await assert.rejects(set(poolId, { MfaConfiguration, SoftwareTokenMfaConfiguration: { Enabled: false } }), allDisabled)
        await assert.rejects(set(poolId, { MfaConfiguration, SoftwareTokenMfaConfiguration: {} }), allDisabled)
      }
      for (const block of [...Object.values(factorBlocks), { SoftwareTokenMfaConfiguration: { Enabled: false } }]) {
        await assert.rejects(set(poolId, { MfaConfiguration: 'OFF', ...block }), offWithFactor)
        await assert.rejects(set(poolId, block), offWithFactor)
      }
      assert.deepEqual(await get(poolId), { MfaConfiguration: 'OFF' }, 'a refusal changes nothing')

      const passwordless = await create({ Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } } })
      await set(passwordless, { MfaConfiguration: 'OPTIONAL', ...factorBlocks.totp })
      const firstFactor = rejection('EMAIL_OTP and SMS_OTP cannot be first authentication factors when MfaConfiguration is ON.')
      await assert.rejects(set(passwordless, { MfaConfiguration: 'ON', ...factorBlocks.totp }), firstFactor)
    })

    it('accepts e-mail codes only if the pool has a way of account recovery other than e-mail', async () => {
      const both = await create(recovery('verified_email', 'verified_phone_number'))
      await set(both, { MfaConfiguration: 'OPTIONAL', ...factorBlocks.email })
      const only = await create(recovery('verified_email'))
      const refused = rejection('Email MFA cannot be set up where verified_email is the only account recovery mechanism.')
      await assert.rejects(set(only, { MfaConfiguration: 'OPTIONAL', ...factorBlocks.email }), refused)
      await set(only, { MfaConfiguration: 'OPTIONAL', ...factorBlocks.totp })
      await assert.rejects(update(both, { MfaConfiguration: 'OPTIONAL', ...recovery('verified_email') }), refused)
      await update(both, recovery('verified_email'))
    })

    it('accepts settings of passkeys while MFA is off, completes them with defaults, and rejects an invalid RelyingPartyId', async () => {
      const poolId = await create()
      const defaults = { UserVerification: 'preferred', FactorConfiguration: 'SINGLE_FACTOR' } as const
      assert.deepEqual((await set(poolId, { WebAuthnConfiguration: {} })).WebAuthnConfiguration, defaults)
      for (const RelyingPartyId of ['localhost', 'example.com', 'a-b.c1.example', 'xn--bcher-kva.example'])
        assert.deepEqual(await set(poolId, { MfaConfiguration: 'OFF', WebAuthnConfiguration: { RelyingPartyId } }), {
          MfaConfiguration: 'OFF',
          WebAuthnConfiguration: { RelyingPartyId, ...defaults },
        })
      for (const RelyingPartyId of ['com', 'Example.com', 'https://example.com', 'example.com:80', '127.0.0.1', '.com', 'a..b', '-a.com'])
        await assert.rejects(
          set(poolId, { WebAuthnConfiguration: { RelyingPartyId } }),
          { name: 'InvalidParameterException' },
          RelyingPartyId,
        )
    })

    it('shows SMS as the factor of a pool that was created with MFA required or optional', async () => {
      for (const MfaConfiguration of ['ON', 'OPTIONAL'] as const) {
        await assert.rejects(create({ MfaConfiguration }), smsNeeded)
        assert.deepEqual(await get(await create({ MfaConfiguration, SmsConfiguration, SmsAuthenticationMessage: 'Text {####}' })), {
          MfaConfiguration,
          SmsMfaConfiguration: { SmsAuthenticationMessage: 'Text {####}', SmsConfiguration: shownSms },
        })
      }
      assert.deepEqual(await get(await create({ SmsConfiguration })), { MfaConfiguration: 'OFF' })
    })

    it('keeps its factors when UpdateUserPool changes MfaConfiguration', async () => {
      const poolId = await create()
      await assert.rejects(update(poolId, { MfaConfiguration: 'ON' }), smsNeeded)
      const factors = { ...factorBlocks.totp, EmailMfaConfiguration: { Message: 'Mail {####}', Subject: 'Code' } }
      await set(poolId, { MfaConfiguration: 'OPTIONAL', ...factors })
      await update(poolId)
      assert.deepEqual(await get(poolId), { MfaConfiguration: 'OFF', ...factors })
      await update(poolId, { MfaConfiguration: 'ON', SmsConfiguration })
      assert.deepEqual(await get(poolId), { MfaConfiguration: 'ON', ...factors }, 'SMS is not implied where there is another factor')

      const bySms = await create()
      await update(bySms, { MfaConfiguration: 'OPTIONAL', SmsConfiguration })
      assert.deepEqual(await get(bySms), { MfaConfiguration: 'OPTIONAL', SmsMfaConfiguration: { SmsConfiguration: shownSms } })
    })

    it('applies to one pool only', async () => {
      const [one, other] = [await create(), await create()]
      await set(one, { MfaConfiguration: 'ON', ...factorBlocks.totp })
      assert.deepEqual(await get(other), { MfaConfiguration: 'OFF' })
      const missing = { name: 'ResourceNotFoundException', message: 'User pool us-east-1_Nowhere01 does not exist.' }
      await assert.rejects(get('us-east-1_Nowhere01'), missing)
      await assert.rejects(set('us-east-1_Nowhere01', { MfaConfiguration: 'OFF' }), missing)
    })
  })
}
