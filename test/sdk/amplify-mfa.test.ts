import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  confirmSignIn,
  fetchAuthSession,
  fetchMFAPreference,
  setUpTOTP,
  signIn,
  signOut,
  updateMFAPreference,
  verifyTOTPSetup,
} from 'aws-amplify/auth'
import { openAmplify } from '../support/amplify.ts'
import { engines } from '../support/engines.ts'
import { appOf, type FactorName, givenMfaPool } from '../support/mfa.ts'
import { attributeList, codeSentTo, sentTo, type Values } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

const done = { isSignedIn: true, nextStep: { signInStep: 'DONE' } }
const contacts = { email: 'ana@example.test', phone_number: '+15551234444' }

for (const engine of engines) {
  describe(`aws-amplify with second factors on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const start = () => signIn({ username: 'ana', password: goodPassword })

    async function givenAna(mode: 'OPTIONAL' | 'ON', factors: FactorName[], attributes: Values = contacts) {
      const ids = await givenMfaPool(server(), mode, factors)
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList(attributes) })
      openAmplify(server(), ids)
      return ids
    }

    it('registers an app, prefers it, and signs in with its code', async () => {
      await givenAna('OPTIONAL', ['totp'])
      assert.deepEqual(await start(), done)
      const { sharedSecret } = await setUpTOTP()
      const app = appOf(server(), sharedSecret)
      await verifyTOTPSetup({ code: app.code() })
      await updateMFAPreference({ totp: 'PREFERRED' })
      assert.deepEqual(await fetchMFAPreference(), { enabled: ['TOTP'], preferred: 'TOTP' })
      await signOut()
      assert.equal((await start()).nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
      await assert.rejects(confirmSignIn({ challengeResponse: '000000' }), { name: 'CodeMismatchException' })
      assert.deepEqual(await confirmSignIn({ challengeResponse: app.code(1) }), done)
    })

    it('signs in by the method that the user selects from three', async () => {
      const ids = await givenAna('OPTIONAL', ['sms', 'totp', 'email'])
      await start()
      const app = appOf(server(), (await setUpTOTP()).sharedSecret)
      await verifyTOTPSetup({ code: app.code() })
      await updateMFAPreference({ totp: 'ENABLED', sms: 'ENABLED', email: 'ENABLED' })
      await signOut()
      assert.deepEqual((await start()).nextStep, {
        signInStep: 'CONTINUE_SIGN_IN_WITH_MFA_SELECTION',
        allowedMFATypes: ['SMS', 'TOTP', 'EMAIL'],
      })
      const chosen = await confirmSignIn({ challengeResponse: 'EMAIL' })
      assert.deepEqual(chosen.nextStep, {
        signInStep: 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE',
        codeDeliveryDetails: { deliveryMedium: 'EMAIL', destination: 'a***@e***' },
      })
      assert.deepEqual(await confirmSignIn({ challengeResponse: await codeSentTo(server(), ids.poolId, contacts.email) }), done)
      assert.equal((await fetchAuthSession()).tokens?.idToken?.payload['email_verified'], true)
      assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${contacts.email}`])
    })

    it('sets up an app or e-mail, as the user chooses, where MFA is required', async () => {
      const ids = await givenAna('ON', ['totp', 'email'], {})
      const selection = { signInStep: 'CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION', allowedMFATypes: ['TOTP', 'EMAIL'] }
      assert.deepEqual((await start()).nextStep, selection)
      assert.equal((await confirmSignIn({ challengeResponse: 'EMAIL' })).nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_EMAIL_SETUP')
      const { nextStep } = await confirmSignIn({ challengeResponse: contacts.email })
      assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
      assert.deepEqual(await confirmSignIn({ challengeResponse: await codeSentTo(server(), ids.poolId, contacts.email) }), done)

      await givenAna('ON', ['totp', 'email'], {})
      assert.deepEqual((await start()).nextStep, selection)
      const setUp = (await confirmSignIn({ challengeResponse: 'TOTP' })).nextStep
      assert.equal(setUp.signInStep, 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP')
      const secret = 'totpSetupDetails' in setUp ? setUp.totpSetupDetails.sharedSecret : ''
      assert.deepEqual(await confirmSignIn({ challengeResponse: appOf(server(), secret).code() }), done)
      assert.deepEqual(await fetchMFAPreference(), { enabled: ['TOTP'], preferred: undefined })
    })
  })
}
