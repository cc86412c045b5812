import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { amplifyScript, callAmplify as call, configureAmplify } from '../support/amplify-page.ts'
import { useAppPage } from '../support/app-page.ts'
import { givenChoicePool } from '../support/choice.ts'
import { engines } from '../support/engines.ts'
import { setWebAuthn } from '../support/passkeys.ts'
import { codeSentTo, sentTo } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

const email = 'ana@example.test'
const done = { isSignedIn: true, nextStep: { signInStep: 'DONE' } }
const by = (preferredChallenge: 'PASSWORD' | 'WEB_AUTHN') => ({ authFlowType: 'USER_AUTH', preferredChallenge }) as const

describe('passkeys by aws-amplify in Chromium', () => {
  const openPage = useAppPage(amplifyScript)

  for (const engine of engines) {
    describe(`on ${engine.name}`, () => {
      const server = useTestServer(engine)

      async function openApp(options?: Parameters<typeof openPage>[0]) {
        const ids = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP', 'WEB_AUTHN'], {
          pool: { UsernameAttributes: ['email'], AutoVerifiedAttributes: ['email'] },
        })
        await setWebAuthn(server(), ids.poolId, { RelyingPartyId: 'localhost' })
        const opened = await openPage(options)
        await configureAmplify(opened.page, server(), ids)
        return { ...ids, ...opened }
      }

      async function openAppOfAna(options?: Parameters<typeof openPage>[0]) {
        const app = await openApp(options)
        const { sub } = await givenUser(server(), app.poolId, email)
        const signedIn = await call(app.page, 'signIn', { username: email, password: goodPassword, options: by('PASSWORD') })
        assert.deepEqual(signedIn, done)
        return { ...app, sub }
      }

      it('are registered, listed, and sign their owner in', async () => {
        const { context, page, sub } = await openAppOfAna()
        await call(page, 'associateWebAuthnCredential')
        const { credentials } = await call(page, 'listWebAuthnCredentials')
        assert.deepEqual(
          credentials.map((one) => [one.relyingPartyId, one.authenticatorAttachment, one.authenticatorTransports]),
          [['localhost', 'platform', ['internal']]],
        )
        await assert.rejects(call(page, 'associateWebAuthnCredential'), /PasskeyAlreadyExists/)

        await call(page, 'signOut')
        assert.deepEqual(await call(page, 'signIn', { username: email, options: by('WEB_AUTHN') }), done)
        assert.equal((await call(page, 'getCurrentUser')).userId, sub)
        assert.equal((await call(page, 'fetchAuthSession')).tokens?.signInDetails?.authFlowType, 'USER_AUTH')
        await context.close()
      })

      it('can be chosen among the first factors', async () => {
        const { context, page, sub } = await openAppOfAna()
        await call(page, 'associateWebAuthnCredential')
        await call(page, 'signOut')
        const asked = await call(page, 'signIn', { username: email, options: { authFlowType: 'USER_AUTH' } })
        assert.deepEqual(asked.nextStep, {
          signInStep: 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION',
          availableChallenges: ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'WEB_AUTHN'],
        })
        assert.deepEqual(await call(page, 'confirmSignIn', { challengeResponse: 'WEB_AUTHN' }), done)
        assert.equal((await call(page, 'getCurrentUser')).userId, sub)
        await context.close()
      })

      it('do not sign in once they are deleted', async () => {
        const { context, page, devtools, authenticatorId } = await openAppOfAna()
        await call(page, 'associateWebAuthnCredential')
        const { credentials } = await call(page, 'listWebAuthnCredentials')
        await call(page, 'deleteWebAuthnCredential', { credentialId: credentials[0]?.credentialId ?? '' })
        assert.deepEqual((await call(page, 'listWebAuthnCredentials')).credentials, [])
        await call(page, 'signOut')
        const asked = await call(page, 'signIn', { username: email, options: by('WEB_AUTHN') })
        assert.equal(asked.nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION')
        // The authenticator still has the passkey: only the server has deleted it.
        assert.equal((await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length, 1)
        await context.close()
      })

      it('can be the only factor of a user who signed up without a password', async () => {
        const { context, page, poolId } = await openApp()
        const options = { userAttributes: { email }, autoSignIn: { authFlowType: 'USER_AUTH' } } as const
        const { userId } = await call(page, 'signUp', { username: email, options })
        const confirmationCode = await codeSentTo(server(), poolId, email)
        await call(page, 'confirmSignUp', { username: email, confirmationCode })
        assert.deepEqual(await call(page, 'autoSignIn'), done)
        await call(page, 'associateWebAuthnCredential')
        await call(page, 'signOut')
        assert.deepEqual(await call(page, 'signIn', { username: email, options: by('WEB_AUTHN') }), done)
        assert.equal((await call(page, 'getCurrentUser')).userId, userId)
        assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
        await context.close()
      })

      it('do not sign in when the user cancels; the next attempt succeeds', async () => {
        const { context, page, poolId, devtools, authenticatorId } = await openAppOfAna()
        await call(page, 'associateWebAuthnCredential')
        await call(page, 'signOut')
        await setWebAuthn(server(), poolId, { RelyingPartyId: 'localhost', UserVerification: 'required' })
        await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
        const signIn = () => call(page, 'signIn', { username: email, options: by('WEB_AUTHN') })
        await assert.rejects(signIn(), /PasskeyAuthenticationCanceled/)
        assert.equal((await call(page, 'fetchAuthSession')).tokens, undefined)
        await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
        assert.deepEqual(await signIn(), done)
        await context.close()
      })
    })
  }
})
