import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  autoSignIn,
  confirmSignIn,
  confirmSignUp,
  deleteWebAuthnCredential,
  fetchAuthSession,
  getCurrentUser,
  listWebAuthnCredentials,
  signIn,
  signOut,
  signUp,
} from 'aws-amplify/auth'
import { openAmplify } from '../support/amplify.ts'
import { allFactors, givenChoicePool } from '../support/choice.ts'
import { engines } from '../support/engines.ts'
import { registerPasskey } from '../support/passkeys.ts'
import { codeSentTo, sentTo } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../support/test-server.ts'

const email = 'ana@example.test'
const phone = '+15551234444'
const done = { isSignedIn: true, nextStep: { signInStep: 'DONE' } }
const byChoice = { authFlowType: 'USER_AUTH' } as const
const addresses = [
  { Name: 'email', Value: email },
  { Name: 'phone_number', Value: phone },
]

/** Amplify keeps a timer of three minutes even after the automatic sign-in is done. The timer must not keep the process running. */
function unrefLongTimers(test: TestContext): void {
  const { setTimeout } = globalThis
  const start = (callback: () => void, ms?: number) => {
    const timer = setTimeout(callback, ms)
    return (ms ?? 0) > 60_000 ? timer.unref() : timer
  }
  test.mock.method(globalThis, 'setTimeout', start as typeof setTimeout)
}

for (const engine of engines) {
  describe(`choice-based sign-in by aws-amplify on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenApp(options: TestPoolOptions = {}) {
      const ids = await givenChoicePool(server(), allFactors, options)
      openAmplify(server(), ids)
      return ids
    }

    async function givenAna(options?: TestPoolOptions) {
      const ids = await givenApp(options)
      await givenUser(server(), ids.poolId, 'ana', { attributes: addresses })
      return ids
    }

    it('lists the first factors, and signs in by the chosen factor', async () => {
      const { poolId } = await givenAna()
      const choose = async (challengeResponse: string) => {
        const asked = await signIn({ username: 'ana', options: byChoice })
        assert.deepEqual(asked, {
          isSignedIn: false,
          nextStep: {
            signInStep: 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION',
            availableChallenges: ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP'],
          },
        })
        return confirmSignIn({ challengeResponse })
      }
      const byEmail = await choose('EMAIL_OTP')
      const codeDeliveryDetails = { deliveryMedium: 'EMAIL', destination: 'a***@e***' }
      assert.deepEqual(byEmail.nextStep, { signInStep: 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE', codeDeliveryDetails })
      assert.deepEqual(await confirmSignIn({ challengeResponse: await codeSentTo(server(), poolId, email) }), done)
      await signOut()

      const bySms = await choose('SMS_OTP')
      assert.equal(bySms.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_SMS_CODE')
      assert.deepEqual(await confirmSignIn({ challengeResponse: await codeSentTo(server(), poolId, phone) }), done)
      await signOut()

      for (const method of ['PASSWORD', 'PASSWORD_SRP']) {
        const byPassword = await choose(method)
        assert.equal(byPassword.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_PASSWORD')
        assert.deepEqual(await confirmSignIn({ challengeResponse: goodPassword }), done, method)
        await signOut()
      }
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${email}`, `mfa ${phone}`])
    })

    it('signs in by the preferred challenge of the app', async () => {
      const { poolId } = await givenAna()
      for (const preferredChallenge of ['PASSWORD', 'PASSWORD_SRP'] as const) {
        const options = { ...byChoice, preferredChallenge }
        assert.deepEqual(await signIn({ username: 'ana', password: goodPassword, options }), done, preferredChallenge)
        const { tokens } = await fetchAuthSession()
        assert.equal(tokens?.accessToken.payload['username'], 'ana')
        await signOut()
      }
      const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
      const options = { ...byChoice, preferredChallenge: 'PASSWORD' } as const
      await assert.rejects(signIn({ username: 'ana', password: 'Wrong-horse-7', options }), wrong)
      const asked = await signIn({ username: 'ana', options: { ...byChoice, preferredChallenge: 'EMAIL_OTP' } })
      assert.equal(asked.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
      await assert.rejects(confirmSignIn({ challengeResponse: '00000000' }), { name: 'CodeMismatchException' })
      assert.deepEqual(await confirmSignIn({ challengeResponse: await codeSentTo(server(), poolId, email) }), done)
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${email}`])
    })

    it('signs up without a password, and signs in automatically', async (test) => {
      unrefLongTimers(test)
      const { poolId } = await givenApp({ pool: { AutoVerifiedAttributes: ['email'], UsernameAttributes: ['email'] } })
      const signedUp = await signUp({ username: email, options: { userAttributes: { email }, autoSignIn: byChoice } })
      assert.equal(signedUp.nextStep.signUpStep, 'CONFIRM_SIGN_UP')
      const confirmationCode = await codeSentTo(server(), poolId, email)
      const confirmed = await confirmSignUp({ username: email, confirmationCode })
      assert.deepEqual(confirmed, { isSignUpComplete: true, nextStep: { signUpStep: 'COMPLETE_AUTO_SIGN_IN' } })
      assert.deepEqual(await autoSignIn(), done)
      assert.equal((await getCurrentUser()).userId, signedUp.userId)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])

      await signOut()
      const asked = await signIn({ username: email, options: { ...byChoice, preferredChallenge: 'EMAIL_OTP' } })
      assert.equal(asked.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
      assert.deepEqual(await confirmSignIn({ challengeResponse: await codeSentTo(server(), poolId, email) }), done)
    })

    it('lists and deletes passkeys', async () => {
      await givenAna()
      await signIn({ username: 'ana', password: goodPassword, options: { ...byChoice, preferredChallenge: 'PASSWORD' } })
      const { tokens } = await fetchAuthSession()
      const token = tokens?.accessToken.toString() ?? ''
      const [first, second] = [await registerPasskey(server(), token), await registerPasskey(server(), token)]
      const page = await listWebAuthnCredentials({ pageSize: 1 })
      assert.deepEqual(
        page.credentials.map(({ credentialId, createdAt }) => [credentialId, createdAt instanceof Date]),
        [[first.id, true]],
      )
      const rest = await listWebAuthnCredentials(page.nextToken === undefined ? {} : { nextToken: page.nextToken })
      assert.deepEqual(
        rest.credentials.map(({ credentialId }) => credentialId),
        [second.id],
      )
      await deleteWebAuthnCredential({ credentialId: first.id })
      assert.equal((await listWebAuthnCredentials()).credentials.length, 1)
    })
  })
}
