import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import {
  confirmResetPassword,
  confirmSignIn,
  confirmSignUp,
  deleteUser,
  fetchAuthSession,
  fetchUserAttributes,
  getCurrentUser,
  resendSignUpCode,
  resetPassword,
  signIn,
  signOut,
  signUp,
  updatePassword,
  updateUserAttributes,
} from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { amplifyStorage, openAmplify } from '../support/amplify.ts'
import { engines } from '../support/engines.ts'
import { codeSentTo } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../support/test-server.ts'
import { revoked, useAccessToken } from '../support/tokens.ts'

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const done = { isSignedIn: true, nextStep: { signInStep: 'DONE' } }
const verifiedEmail = [
  { Name: 'email', Value: 'ana@example.test' },
  { Name: 'email_verified', Value: 'true' },
]

for (const engine of engines) {
  describe(`aws-amplify on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenApp(options: TestPoolOptions = { pool: { AutoVerifiedAttributes: ['email'] } }) {
      const ids = await server().givenPool(options)
      openAmplify(server(), ids)
      return ids
    }

    it('signs up, confirms with the code from the inbox, and signs in by SRP', async () => {
      const { poolId } = await givenApp()
      const email = 'ana@example.test'
      const signedUp = await signUp({ username: 'ana', password: goodPassword, options: { userAttributes: { email } } })
      assert.deepEqual(signedUp.nextStep, {
        signUpStep: 'CONFIRM_SIGN_UP',
        codeDeliveryDetails: { deliveryMedium: 'EMAIL', destination: 'a***@e***', attributeName: 'email' },
      })
      const early = await signIn({ username: 'ana', password: goodPassword })
      assert.deepEqual(early, { isSignedIn: false, nextStep: { signInStep: 'CONFIRM_SIGN_UP' } })

      await resendSignUpCode({ username: 'ana' })
      const confirmationCode = await codeSentTo(server(), poolId, email)
      const confirmed = await confirmSignUp({ username: 'ana', confirmationCode })
      assert.deepEqual(confirmed, { isSignUpComplete: true, nextStep: { signUpStep: 'DONE' } })

      assert.deepEqual(await signIn({ username: 'ana', password: goodPassword }), done)
      const { tokens } = await fetchAuthSession()
      assert.equal(tokens?.accessToken.payload['username'], 'ana')
      assert.equal(tokens?.idToken?.payload['email'], email)
      assert.equal(tokens?.signInDetails?.authFlowType, 'USER_SRP_AUTH')
      assert.deepEqual(await getCurrentUser().then(({ username, userId }) => [username, userId]), ['ana', signedUp.userId])
    })

    it('signs in by USER_PASSWORD_AUTH', async () => {
      const { poolId } = await givenApp()
      await givenUser(server(), poolId, 'ana')
      const authFlowType = 'USER_PASSWORD_AUTH'
      assert.deepEqual(await signIn({ username: 'ana', password: goodPassword, options: { authFlowType } }), done)
      await signOut()
      await assert.rejects(signIn({ username: 'ana', password: 'Wrong-horse-7', options: { authFlowType } }), wrong)
      await assert.rejects(signIn({ username: 'ana', password: 'Wrong-horse-7' }), wrong)
    })

    it('signs in with an alias, and with an e-mail address as the username', async () => {
      const alias = await givenApp({ pool: { AliasAttributes: ['email'], AutoVerifiedAttributes: ['email'] } })
      await givenUser(server(), alias.poolId, 'ana', { attributes: verifiedEmail })
      assert.deepEqual(await signIn({ username: 'ana@example.test', password: goodPassword }), done)
      assert.equal((await getCurrentUser()).username, 'ana')
      await signOut()

      const named = await givenApp({ pool: { UsernameAttributes: ['email'] } })
      const { sub } = await givenUser(server(), named.poolId, 'ana@example.test')
      assert.deepEqual(await signIn({ username: 'ana@example.test', password: goodPassword }), done)
      assert.equal((await getCurrentUser()).username, sub)
    })

    it('refreshes the session', async () => {
      const { poolId } = await givenApp()
      await givenUser(server(), poolId, 'ana')
      await signIn({ username: 'ana', password: goodPassword })
      const { tokens: before } = await fetchAuthSession()
      const { tokens: after } = await fetchAuthSession({ forceRefresh: true })
      assert.notEqual(after?.accessToken.toString(), before?.accessToken.toString())
      assert.equal(after?.accessToken.payload['origin_jti'], before?.accessToken.payload['origin_jti'])
    })

    it('refreshes with rotation, and keeps the newest refresh token', async () => {
      const { poolId } = await givenApp({
        client: {
          RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
          ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
        },
      })
      await givenUser(server(), poolId, 'ana')
      await signIn({ username: 'ana', password: goodPassword })
      await fetchAuthSession({ forceRefresh: true })
      const { tokens } = await fetchAuthSession({ forceRefresh: true })
      await useAccessToken(server(), String(tokens?.accessToken))
    })

    it('changes attributes and the password, and recovers a forgotten password', async () => {
      const { poolId } = await givenApp()
      await givenUser(server(), poolId, 'ana', { attributes: verifiedEmail })
      await signIn({ username: 'ana', password: goodPassword })
      await updateUserAttributes({ userAttributes: { name: 'Ana' } })
      const { sub, ...attributes } = await fetchUserAttributes()
      assert.deepEqual(attributes, { email: 'ana@example.test', email_verified: 'true', name: 'Ana' })
      assert.equal(sub, (await getCurrentUser()).userId)

      await updatePassword({ oldPassword: goodPassword, newPassword: 'Another-horse-8' })
      await signOut()
      const asked = await resetPassword({ username: 'ana' })
      assert.equal(asked.nextStep.resetPasswordStep, 'CONFIRM_RESET_PASSWORD_WITH_CODE')
      const confirmationCode = await codeSentTo(server(), poolId, 'ana@example.test')
      await confirmResetPassword({ username: 'ana', confirmationCode, newPassword: 'Third-horse-9' })
      await assert.rejects(signIn({ username: 'ana', password: 'Another-horse-8' }), wrong)
      assert.deepEqual(await signIn({ username: 'ana', password: 'Third-horse-9' }), done)
    })

    it('answers NEW_PASSWORD_REQUIRED with a new password and a missing required attribute', async () => {
      const { poolId } = await givenApp({ pool: { Schema: [{ Name: 'family_name', Required: true }] } })
      const user = { UserPoolId: poolId, Username: 'ana', TemporaryPassword: 'Temporary-1', MessageAction: 'SUPPRESS' } as const
      await server().send(new AdminCreateUserCommand(user))
      const asked = await signIn({ username: 'ana', password: 'Temporary-1' })
      const missingAttributes = ['family_name']
      assert.deepEqual(asked.nextStep, { signInStep: 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED', missingAttributes })
      const userAttributes = { family_name: 'Alvarez' }
      assert.deepEqual(await confirmSignIn({ challengeResponse: goodPassword, options: { userAttributes } }), done)
      assert.equal((await fetchUserAttributes()).family_name, 'Alvarez')
    })

    it('revokes its own tokens on sign-out, and the tokens of all devices on a global sign-out', async () => {
      const { poolId } = await givenApp()
      await givenUser(server(), poolId, 'ana')
      const otherDevice = amplifyStorage()
      cognitoUserPoolsTokenProvider.setKeyValueStorage(otherDevice)
      await signIn({ username: 'ana', password: goodPassword })
      const thisDevice = amplifyStorage()
      cognitoUserPoolsTokenProvider.setKeyValueStorage(thisDevice)
      await signIn({ username: 'ana', password: goodPassword })
      const { tokens } = await fetchAuthSession()
      await signOut()
      assert.equal((await fetchAuthSession()).tokens, undefined)
      await assert.rejects(useAccessToken(server(), String(tokens?.accessToken)), revoked)

      cognitoUserPoolsTokenProvider.setKeyValueStorage(otherDevice)
      await fetchUserAttributes()
      cognitoUserPoolsTokenProvider.setKeyValueStorage(thisDevice)
      await signIn({ username: 'ana', password: goodPassword })
      await signOut({ global: true })
      cognitoUserPoolsTokenProvider.setKeyValueStorage(otherDevice)
      await assert.rejects(fetchUserAttributes(), revoked)
    })

    it('deletes its user', async () => {
      const { poolId } = await givenApp()
      await givenUser(server(), poolId, 'ana')
      await signIn({ username: 'ana', password: goodPassword })
      await deleteUser()
      await assert.rejects(signIn({ username: 'ana', password: goodPassword }), { name: 'UserNotFoundException' })
    })
  })
}
