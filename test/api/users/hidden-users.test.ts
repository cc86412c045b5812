import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, AdminEnableUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { codeSentTo, givenConfirmedUser, sentTo, signUp, wrongCode } from '../../support/self-service.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const hiding = {
  pool: { AutoVerifiedAttributes: ['email' as const] },
  client: { PreventUserExistenceErrors: 'ENABLED' as const },
}

/** The whole HTTP answer except for the request id. */
type Answer = { readonly status: number; readonly errorType: string | null; readonly body: string }

for (const engine of engines) {
  describe(`Users of a client that hides which users exist, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function call(operation: string, body: object): Promise<Answer> {
      const response = await fetch(server().url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        },
        body: JSON.stringify(body),
      })
      return { status: response.status, errorType: response.headers.get('x-amzn-errortype'), body: await response.text() }
    }

    /** Users in each state, and names that no user has. */
    async function givenUsers() {
      const ids = await server().givenPool(hiding)
      await givenConfirmedUser(server(), ids, 'confirmed', { email: 'confirmed@example.test' })
      await givenConfirmedUser(server(), ids, 'disabled', { email: 'disabled@example.test' })
      await server().send(new AdminDisableUserCommand({ UserPoolId: ids.poolId, Username: 'disabled' }))
      await signUp(server(), ids.clientId, 'unconfirmed', { email: 'unconfirmed@example.test' })
      await signUp(server(), ids.clientId, 'addressless')
      return { ...ids, names: ['confirmed', 'disabled', 'unconfirmed', 'addressless', 'nobody', '0190163f-0000-7000-8000-000000000000'] }
    }

    async function answersOf(names: readonly string[], operation: string, request: (name: string) => object): Promise<Set<string>> {
      const answers = new Set<string>()
      for (const name of names) answers.add(JSON.stringify(await call(operation, request(name))))
      return answers
    }

    it('are not told apart from unknown users by a wrong sign-up code', async () => {
      const { clientId, names } = await givenUsers()
      const answers = await answersOf(names, 'ConfirmSignUp', (name) => ({ ClientId: clientId, Username: name, ConfirmationCode: '0' }))
      assert.equal(answers.size, 1)
      assert.match([...answers][0] ?? '', /CodeMismatchException/)
    })

    it('are not told apart from unknown users by a wrong code for a new password, whether they requested a code or not', async () => {
      const { clientId, names } = await givenUsers()
      const guess = (name: string) => ({ ClientId: clientId, Username: name, ConfirmationCode: '0', Password: goodPassword })
      const before = await answersOf(names, 'ConfirmForgotPassword', guess)
      for (const name of names) assert.equal((await call('ForgotPassword', { ClientId: clientId, Username: name })).status, 200)
      const after = await answersOf(names, 'ConfirmForgotPassword', guess)
      assert.deepEqual(after, before)
      assert.equal(after.size, 1)
      assert.match([...after][0] ?? '', /CodeMismatchException/)
    })

    it('are not told apart from unknown users by the destination of a code, which is stable for each name', async () => {
      const { poolId, clientId, names } = await givenUsers()
      const sentBefore = await sentTo(server(), poolId)
      const real = new Map([
        ['ForgotPassword', 'forgot-password confirmed@example.test'],
        ['ResendConfirmationCode', 'resend unconfirmed@example.test'],
      ])
      for (const [operation] of real) {
        for (const name of names) {
          const answer = await call(operation, { ClientId: clientId, Username: name })
          assert.equal(answer.status, 200)
          const { CodeDeliveryDetails, ...others } = JSON.parse(answer.body)
          assert.deepEqual(others, {})
          assert.deepEqual(Object.keys(CodeDeliveryDetails).sort(), ['AttributeName', 'DeliveryMedium', 'Destination'])
          assert.match(CodeDeliveryDetails.Destination, /^(\w\*\*\*@\w\*\*\*|\+\*+\d{4})$/)
          assert.deepEqual(await call(operation, { ClientId: clientId, Username: name }), answer)
        }
      }
      const sent = (await sentTo(server(), poolId)).slice(sentBefore.length)
      assert.deepEqual(new Set(sent), new Set(real.values()))
    })

    it('are not told apart from unknown users by the limit of attempts', async () => {
      const { clientId, names } = await givenUsers()
      // The attempts in `givenUsers` count as well, so an hour must pass before all names have the same number of attempts left.
      server().clock.advance(3_600_000)
      const limits: Record<string, Set<number>> = { ConfirmSignUp: new Set(), ConfirmForgotPassword: new Set(), ForgotPassword: new Set() }
      for (const [operation, counts] of Object.entries(limits)) {
        for (const name of names) {
          let allowed = 0
          const request = { ClientId: clientId, Username: name, ConfirmationCode: '0', Password: goodPassword }
          while (!(await call(operation, request)).body.includes('LimitExceededException')) allowed++
          counts.add(allowed)
        }
      }
      assert.deepEqual(limits, { ConfirmSignUp: new Set([15]), ConfirmForgotPassword: new Set([10]), ForgotPassword: new Set([10]) })
    })

    it('are not told apart from unknown users by a new password that the policy does not allow', async () => {
      const { clientId, names } = await givenUsers()
      const weak = (name: string) => ({ ClientId: clientId, Username: name, ConfirmationCode: '0', Password: 'weak-weak' })
      const answers = await answersOf(names, 'ConfirmForgotPassword', weak)
      assert.equal(answers.size, 1)
      assert.match([...answers][0] ?? '', /InvalidPasswordException/)
    })

    it('can confirm their sign-up and set a new password with the right code', async () => {
      const { poolId, clientId } = await givenUsers()
      const confirmed = await call('ConfirmSignUp', {
        ClientId: clientId,
        Username: 'unconfirmed',
        ConfirmationCode: await codeSentTo(server(), poolId, 'unconfirmed@example.test'),
      })
      assert.equal(confirmed.status, 200)
      await call('ForgotPassword', { ClientId: clientId, Username: 'confirmed' })
      const request = {
        ClientId: clientId,
        Username: 'confirmed',
        ConfirmationCode: await codeSentTo(server(), poolId, 'confirmed@example.test'),
        Password: 'Other-horse-8',
      }
      assert.deepEqual(await call('ConfirmForgotPassword', request), { status: 200, errorType: null, body: '{}' })
    })

    it('learn that they are confirmed when they repeat the right code during its lifetime', async () => {
      const { poolId, clientId } = await givenUsers()
      const code = await codeSentTo(server(), poolId, 'unconfirmed@example.test')
      const repeat = (Username: string, ConfirmationCode = code) =>
        call('ConfirmSignUp', { ClientId: clientId, Username, ConfirmationCode })
      assert.equal((await repeat('unconfirmed')).status, 200)
      for (let round = 0; round < 2; round++) {
        const { errorType, body } = await repeat('unconfirmed')
        assert.equal(errorType, 'NotAuthorizedException')
        assert.match(body, /User cannot be confirmed. Current status is CONFIRMED/)
      }
      const mismatch = await repeat('nobody')
      assert.equal(mismatch.errorType, 'CodeMismatchException')
      assert.deepEqual(await repeat('confirmed'), mismatch)
      assert.deepEqual(await repeat('unconfirmed', wrongCode(code)), mismatch)
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'unconfirmed' }))
      assert.deepEqual(await repeat('unconfirmed'), mismatch)
      await server().send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: 'unconfirmed' }))
      server().clock.advance(24 * 3_600_000)
      assert.deepEqual(await repeat('unconfirmed'), mismatch)
      assert.deepEqual((await sentTo(server(), poolId)).length, 3)
    })

    it('get ExpiredCodeException for the right code after its lifetime; for an unknown user the code counts as wrong', async () => {
      const { poolId, clientId } = await givenUsers()
      for (const name of ['confirmed', 'nobody']) await call('ForgotPassword', { ClientId: clientId, Username: name })
      const code = await codeSentTo(server(), poolId, 'confirmed@example.test')
      server().clock.advance(3_600_000)
      const request = (name: string) => ({ ClientId: clientId, Username: name, ConfirmationCode: code, Password: goodPassword })
      assert.equal((await call('ConfirmForgotPassword', request('confirmed'))).errorType, 'ExpiredCodeException')
      assert.equal((await call('ConfirmForgotPassword', request('nobody'))).errorType, 'CodeMismatchException')
    })
  })
}
