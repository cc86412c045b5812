import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { hourMs } from '../../../src/base/durations.ts'
import { adminCreateSilently, adminGet, adminUpdate, outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { attributeList, attributesOf, codeSentTo, confirm, sentTo, signUp, update } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const endpoint = await openTriggerEndpoint()
const email = 'ana@example.test'
const verified = attributeList({ email, email_verified: 'true' })

for (const engine of engines) {
  describe(`IssueCode on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: endpoint.flags })

    /** A pool with a CustomMessage trigger that must not be called. */
    async function givenPool(pool: object = {}) {
      const triggers = endpoint.given({ CustomMessage: () => assert.fail('CustomMessage was called') })
      return server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], LambdaConfig: triggers.lambdaConfig, ...pool } })
    }
    const issue = (UserPoolId: string, Purpose: string, Username = 'ana') =>
      callLifeguard(server(), 'IssueCode', { UserPoolId, Username, Purpose }) as Promise<{ Code: string; ExpiresAt: number }>

    it('replaces the outstanding sign-up code with one that confirms the user, and sends no message', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      await signUp(server(), clientId, 'ana', { email })
      const sent = await codeSentTo(server(), poolId, email)
      const now = server().clock.now()
      const { Code, ExpiresAt } = await issue(poolId, 'SIGN_UP')
      assert.match(Code, /^\d{6}$/)
      assert.ok(Math.abs(ExpiresAt * 1000 - (now + 24 * hourMs)) < 10_000)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
      if (sent !== Code) await assert.rejects(confirm(server(), clientId, 'ana', sent), { name: 'CodeMismatchException' })
      await confirm(server(), clientId, 'ana', Code)
      const { UserStatus, attributes } = await adminGet(server(), poolId, 'ana')
      assert.deepEqual([UserStatus, attributes['email_verified']], ['CONFIRMED', 'true'])
      await assert.rejects(confirm(server(), clientId, 'ana', Code), { name: 'NotAuthorizedException' })
    })

    it('confirms a user without an address, and verifies no address', async () => {
      const { poolId, clientId } = await givenPool()
      await signUp(server(), clientId, 'ana')
      await confirm(server(), clientId, 'ana', (await issue(poolId, 'SIGN_UP')).Code)
      const { UserStatus, attributes } = await adminGet(server(), poolId, 'ana')
      assert.deepEqual([UserStatus, attributes['email_verified']], ['CONFIRMED', undefined])
    })

    it('allows a new password with its code for an hour', async () => {
      const { poolId, clientId } = await givenPool()
      await givenUser(server(), poolId, 'ana', { attributes: verified })
      const choose = (ConfirmationCode: string) =>
        server().send(
          new ConfirmForgotPasswordCommand({ ClientId: clientId, Username: 'ana', ConfirmationCode, Password: 'Other-horse-8' }),
        )
      const late = await issue(poolId, 'FORGOT_PASSWORD')
      server().clock.advance(hourMs)
      await assert.rejects(choose(late.Code), { name: 'ExpiredCodeException' })
      const { Code } = await issue(poolId, 'FORGOT_PASSWORD')
      await choose(Code)
      await givenTokens(server(), clientId, 'ana', 'Other-horse-8')
      await assert.rejects(choose(Code), { name: 'ExpiredCodeException' })
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('issues a code that verifies the new address if one waits for its verification, and otherwise the current address', async () => {
      const { poolId, clientId } = await server().givenPool({
        pool: { AutoVerifiedAttributes: ['email'], UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] } },
      })
      await givenUser(server(), poolId, 'ana', { attributes: attributeList({ email, phone_number: '+15551234444' }) })
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const prove = (AttributeName: string, Code: string) =>
        server().send(new VerifyUserAttributeCommand({ AccessToken: accessToken, AttributeName, Code }))
      await prove('phone_number', (await issue(poolId, 'VERIFY_PHONE_NUMBER')).Code)
      await prove('email', (await issue(poolId, 'VERIFY_EMAIL')).Code)
      await update(server(), accessToken, { email: 'new@example.test' })
      const { Code } = await issue(poolId, 'VERIFY_EMAIL')
      await assert.rejects(prove('phone_number', Code), { name: 'ExpiredCodeException' })
      await prove('email', Code)
      assert.deepEqual(await attributesOf(server(), accessToken), {
        email: 'new@example.test',
        email_verified: 'true',
        phone_number: '+15551234444',
        phone_number_verified: 'true',
      })
      assert.deepEqual(await sentTo(server(), poolId), ['update-attribute new@example.test'])
    })

    it('refuses users who could not use the code, and records each refusal', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      const unsupported = { name: 'UnsupportedUserStateException' }
      await givenUser(server(), poolId, 'ana', { attributes: verified })
      await assert.rejects(issue(poolId, 'SIGN_UP'), { ...unsupported, message: 'User cannot be confirmed. Current status is CONFIRMED' })
      await assert.rejects(issue(poolId, 'VERIFY_PHONE_NUMBER'), { name: 'InvalidParameterException' })
      await assert.rejects(issue(poolId, 'SIGN_UP', 'nobody'), { name: 'UserNotFoundException' })
      await assert.rejects(issue(poolId, 'MFA'), { name: 'InvalidParameterException' })
      await assert.rejects(issue('us-east-1_Nowhere11', 'SIGN_UP'), { name: 'ResourceNotFoundException' })
      await adminUpdate(server(), poolId, 'ana', { email_verified: 'false' })
      await assert.rejects(issue(poolId, 'FORGOT_PASSWORD'), {
        name: 'InvalidParameterException',
        message: /no registered\/verified email/,
      })
      await adminCreateSilently(server(), poolId, 'invited', { attributes: { email: 'i@example.test', email_verified: 'true' } })
      await assert.rejects(issue(poolId, 'FORGOT_PASSWORD', 'invited'), unsupported)
      await signUp(server(), clientId, 'new', { email: 'new@example.test' })
      await assert.rejects(issue(poolId, 'VERIFY_EMAIL', 'new'), { ...unsupported, message: /Issue a code for SIGN_UP/ })
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'new' }))
      await assert.rejects(issue(poolId, 'SIGN_UP', 'new'), { ...unsupported, message: /disabled/ })
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: poolId, Operation: 'IssueCode' })
      assert.deepEqual(Records.map(({ Outcome }: { Outcome: string }) => Outcome).toSorted(), [
        ...Array(3).fill('InvalidParameterException'),
        ...Array(4).fill('UnsupportedUserStateException'),
        'UserNotFoundException',
      ])
    })

    it('refuses FORGOT_PASSWORD, like ForgotPassword, where only administrators recover accounts', async () => {
      const AccountRecoverySetting = { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] }
      const { poolId, clientId } = await givenPool({ AccountRecoverySetting })
      await givenUser(server(), poolId, 'ana', { attributes: verified })
      await assert.rejects(server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' })), {
        name: 'NotAuthorizedException',
      })
      await assert.rejects(issue(poolId, 'FORGOT_PASSWORD'), { name: 'UnsupportedUserStateException' })
    })

    it('leaves one valid code after concurrent calls', async () => {
      const { poolId, clientId } = await givenPool()
      await signUp(server(), clientId, 'ana')
      const issued = await Promise.all(Array.from({ length: 4 }, () => issue(poolId, 'SIGN_UP')))
      const worked: string[] = []
      for (const code of new Set(issued.map(({ Code }) => Code)))
        worked.push(...(await outcomes([confirm(server(), clientId, 'ana', code)])))
      assert.equal(worked.filter((outcome) => outcome === 'ok').length, 1)
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'CONFIRMED')
    })

    it('does not affect the user with the same name in another pool', async () => {
      const [mine, theirs] = [await givenPool(), await givenPool()]
      for (const { clientId } of [mine, theirs]) await signUp(server(), clientId, 'ana')
      const { Code } = await issue(mine.poolId, 'SIGN_UP')
      await assert.rejects(confirm(server(), theirs.clientId, 'ana', Code), { name: 'ExpiredCodeException' })
      await confirm(server(), mine.clientId, 'ana', Code)
    })
  })
}
