import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { attributeList, codeSentTo, confirm, messagesOf, sentTo, signUp } from '../../support/self-service.ts'
import { givenTokens, goodPassword, secretHash } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const verifiesEmail = { AutoVerifiedAttributes: ['email' as const] }
const sms = { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' } }
const verifiesBoth = { AutoVerifiedAttributes: ['email' as const, 'phone_number' as const], ...sms }

for (const engine of engines) {
  describe(`SignUp on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('stores an unconfirmed user and sends one code to the e-mail address', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      const reply = await signUp(server(), clientId, 'ana', { email: 'ana@example.test', 'custom:none': '' }).catch((error) => error)
      assert.equal(reply.name, 'InvalidParameterException')

      const { $metadata, UserSub, ...rest } = await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      assert.match(UserSub ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.deepEqual(rest, {
        UserConfirmed: false,
        CodeDeliveryDetails: { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' },
      })
      const [message, ...others] = await messagesOf(server(), poolId)
      assert.deepEqual(others, [])
      assert.equal(message?.trigger, 'sign-up')
      assert.equal(message?.recipient, 'ana@example.test')
      assert.match(message?.code ?? '', /^\d{6}$/)
    })

    it('sends a text message and no e-mail if the user has both addresses and the pool verifies both', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesBoth })
      const { CodeDeliveryDetails } = await signUp(server(), clientId, 'ana', { email: 'ana@example.test', phone_number: '+15550001234' })
      assert.deepEqual(CodeDeliveryDetails, { AttributeName: 'phone_number', DeliveryMedium: 'SMS', Destination: '+*******1234' })
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up +15550001234'])
    })

    it('sends no message if the pool verifies no attribute, or only attributes that the user does not have', async () => {
      const silent = await server().givenPool()
      assert.equal((await signUp(server(), silent.clientId, 'ana', { email: 'ana@example.test' })).CodeDeliveryDetails, undefined)
      const verifying = await server().givenPool({ pool: verifiesEmail })
      assert.equal((await signUp(server(), verifying.clientId, 'ana')).CodeDeliveryDetails, undefined)
      assert.equal((await signUp(server(), verifying.clientId, 'bob', { email: '' })).CodeDeliveryDetails, undefined)
      assert.deepEqual(await sentTo(server(), silent.poolId), [])
      assert.deepEqual(await sentTo(server(), verifying.poolId), [])
    })

    it('creates a user who can sign in only after the confirmation', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      await assert.rejects(givenTokens(server(), clientId, 'ana'), {
        name: 'UserNotConfirmedException',
        message: 'User is not confirmed.',
      })
      await confirm(server(), clientId, 'ana', await codeSentTo(server(), poolId, 'ana@example.test'))
      await givenTokens(server(), clientId, 'ana')
    })

    it('accepts parameters that only triggers and risk assessment use', async () => {
      const { clientId } = await server().givenPool()
      const reply = await server().send(
        new SignUpCommand({
          ClientId: clientId,
          Username: 'ana',
          Password: goodPassword,
          ValidationData: [{ Name: 'from', Value: 'the app' }],
          ClientMetadata: { campaign: 'autumn' },
          AnalyticsMetadata: { AnalyticsEndpointId: 'endpoint' },
          UserContextData: { IpAddress: '192.0.2.1', EncodedData: 'data' },
        }),
      )
      assert.equal(reply.UserConfirmed, false)
    })

    it('requires from a confidential client the secret hash over the username as the request spells it', async () => {
      const { clientId, clientSecret = '' } = await server().givenPool({
        pool: { UsernameConfiguration: { CaseSensitive: false } },
        client: { GenerateSecret: true },
      })
      const request = { ClientId: clientId, Username: 'Ana', Password: goodPassword }
      const withHash = (hash: string) => server().send(new SignUpCommand({ ...request, SecretHash: hash }))
      await assert.rejects(server().send(new SignUpCommand(request)), {
        name: 'NotAuthorizedException',
        message: `Client ${clientId} is configured for secret but secret was not received`,
      })
      await assert.rejects(withHash(secretHash(clientSecret, 'ana', clientId)), {
        name: 'NotAuthorizedException',
        message: `Unable to verify secret hash for client ${clientId}`,
      })
      assert.equal((await withHash(secretHash(clientSecret, 'Ana', clientId))).UserConfirmed, false)
    })

    it('is refused in a pool where only administrators create users', async () => {
      const { clientId } = await server().givenPool({ pool: { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } } })
      await assert.rejects(signUp(server(), clientId, 'ana'), {
        name: 'NotAuthorizedException',
        message: 'SignUp is not permitted for this user pool',
      })
    })

    it('refuses a weak password and names the first rule that it breaks; refuses a request without a password', async () => {
      const { clientId } = await server().givenPool()
      await assert.rejects(signUp(server(), clientId, 'ana', {}, 'Short-7'), {
        name: 'InvalidPasswordException',
        message: 'Password did not conform with policy: Password not long enough',
      })
      await assert.rejects(signUp(server(), clientId, 'ana', {}, 'no-capital-7'), {
        name: 'InvalidPasswordException',
        message: 'Password did not conform with policy: Password must have uppercase characters',
      })
      await assert.rejects(server().send(new SignUpCommand({ ClientId: clientId, Username: 'ana' })), {
        name: 'InvalidParameterException',
        message: /Value at 'password' failed to satisfy constraint: Member must not be null/,
      })
    })

    it('accepts a user without a password only if the user can sign in with a code', async () => {
      const pool = {
        ...verifiesEmail,
        Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } },
      }
      const { clientId } = await server().givenPool({
        pool,
        client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
      })
      const without = (Username: string, attributes: Record<string, string>) =>
        server().send(new SignUpCommand({ ClientId: clientId, Username, UserAttributes: attributeList(attributes) }))
      assert.equal((await without('ana', { email: 'ana@example.test' })).UserConfirmed, false)
      await assert.rejects(without('bob', {}), { name: 'InvalidParameterException' })
      const other = await server().givenPool({ pool })
      await assert.rejects(
        server().send(
          new SignUpCommand({ ClientId: other.clientId, Username: 'ana', UserAttributes: attributeList({ email: 'a@b.test' }) }),
        ),
        {
          name: 'InvalidParameterException',
        },
      )
    })

    it('fails and stores nothing when a trigger of the pool cannot run', async () => {
      const { clientId } = await server().givenPool({
        pool: { LambdaConfig: { PreSignUp: 'arn:aws:lambda:us-east-1:123456789012:function:vet' } },
      })
      await assert.rejects(signUp(server(), clientId, 'ana'), { name: 'UnexpectedLambdaException' })
      await assert.rejects(givenTokens(server(), clientId, 'ana'), { name: 'UserNotFoundException' })
    })

    it('gives a username to exactly one of many users who sign up at the same time', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      const tries = Array.from({ length: 8 }, (_, i) => signUp(server(), clientId, 'ana', { email: `ana${i}@example.test` }))
      const outcomes = await Promise.allSettled(tries)
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const outcome of outcomes) if (outcome.status === 'rejected') assert.equal(outcome.reason.name, 'UsernameExistsException')
      assert.equal((await sentTo(server(), poolId)).length, 1)
    })
  })
}
