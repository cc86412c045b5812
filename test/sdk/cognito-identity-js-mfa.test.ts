import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AuthenticationDetails, type CognitoUser, type CognitoUserSession, type UserData } from 'amazon-cognito-identity-js'
import { openBrowser, promised } from '../support/cognito-user.ts'
import { engines } from '../support/engines.ts'
import { appOf, givenMfaPool, prefer, registerApp } from '../support/mfa.ts'
import { attributeList, codeSentTo, sentTo, type Values } from '../support/self-service.ts'
import { givenTokens, givenUser, goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

/** What the library called: `session` with the tokens, or a short name of the callback that asks for a challenge, with its parameters. */
type LibraryStep = { readonly at: string; readonly parameters: Values | undefined; readonly session: CognitoUserSession | undefined }

/** Passes callbacks to a call of the library. Says which of them the library called. Rejects when the library reports a failure. */
function nextStep(start: (callbacks: Parameters<CognitoUser['authenticateUser']>[1]) => void): Promise<LibraryStep> {
  return new Promise((resolve, reject) => {
    const stop = (at: string) => (_challenge: string, parameters: Values) => resolve({ at, parameters, session: undefined })
    start({
      onSuccess: (session) => resolve({ at: 'session', parameters: undefined, session }),
      onFailure: reject,
      mfaRequired: stop('mfa'),
      totpRequired: stop('totp'),
      mfaSetup: stop('setup'),
      selectMFAType: stop('select'),
    })
  })
}

const signIn = (user: CognitoUser) =>
  nextStep((callbacks) =>
    user.authenticateUser(new AuthenticationDetails({ Username: user.getUsername(), Password: goodPassword }), callbacks),
  )

/** Answers the challenge with `code`. Without `type`, it is the code of a text message. */
const sendCode = (user: CognitoUser, code: string, type?: 'SOFTWARE_TOKEN_MFA') =>
  nextStep((callbacks) => user.sendMFACode(code, callbacks, type))

const associate = (user: CognitoUser) =>
  new Promise<string>((resolve, reject) => user.associateSoftwareToken({ associateSecretCode: resolve, onFailure: reject }))

const verify = (user: CognitoUser, code: string, name: string) =>
  new Promise<CognitoUserSession>((resolve, reject) => user.verifySoftwareToken(code, name, { onSuccess: resolve, onFailure: reject }))

const dataOf = (user: CognitoUser) => promised<UserData>((done) => user.getUserData(done, { bypassCache: true }))

const contacts = { email: 'ana@example.test', phone_number: '+15551234444' }
const wrong = { code: 'CodeMismatchException', message: 'Invalid code or auth state for the user.' }

for (const engine of engines) {
  describe(`amazon-cognito-identity-js with second factors on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('registers and prefers an authenticator app; the next sign-in asks for its code', async () => {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['totp'])
      await givenUser(server(), ids.poolId, 'ana')
      const ana = openBrowser(server(), ids).user('ana')
      assert.equal((await signIn(ana)).at, 'session')
      const app = appOf(server(), await associate(ana))
      await assert.rejects(verify(ana, '000000', 'My phone'), { code: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' })
      // For a signed-in user the library passes the response of VerifySoftwareToken to the callback, instead of a session.
      assert.equal(((await verify(ana, app.code(), 'My phone')) as unknown as { Status: string }).Status, 'SUCCESS')
      const totp = { PreferredMfa: true, Enabled: true }
      assert.equal(await promised<string>((done) => ana.setUserMfaPreference(null, totp, done)), 'SUCCESS')
      const { UserMFASettingList, PreferredMfaSetting } = await dataOf(ana)
      assert.deepEqual([UserMFASettingList, PreferredMfaSetting], [['SOFTWARE_TOKEN_MFA'], 'SOFTWARE_TOKEN_MFA'])

      const again = openBrowser(server(), ids).user('ana')
      const { at, parameters } = await signIn(again)
      assert.deepEqual([at, parameters?.['FRIENDLY_DEVICE_NAME']], ['totp', 'My phone'])
      const used = { code: 'ExpiredCodeException', message: 'Your software token has already been used once.' }
      await assert.rejects(sendCode(again, app.code(), 'SOFTWARE_TOKEN_MFA'), used)
      const { session } = await sendCode(again, app.code(1), 'SOFTWARE_TOKEN_MFA')
      assert.equal(session?.isValid(), true)
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('sets up an app where MFA is required', async () => {
      const ids = await givenMfaPool(server(), 'ON', ['totp'])
      await givenUser(server(), ids.poolId, 'ana')
      const ana = openBrowser(server(), ids).user('ana')
      const { at, parameters } = await signIn(ana)
      assert.deepEqual([at, parameters?.['MFAS_CAN_SETUP']], ['setup', '["SOFTWARE_TOKEN_MFA"]'])
      const app = appOf(server(), await associate(ana))
      assert.equal((await verify(ana, app.code(), 'My phone')).isValid(), true)
      const again = openBrowser(server(), ids).user('ana')
      assert.equal((await signIn(again)).at, 'totp')
      assert.equal((await sendCode(again, app.code(1), 'SOFTWARE_TOKEN_MFA')).session?.isValid(), true)
    })

    it('signs in with the code of a text message', async () => {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['sms'])
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList(contacts) })
      const ana = openBrowser(server(), ids).user('ana')
      await signIn(ana)
      const sms = { PreferredMfa: true, Enabled: true }
      await promised<string>((done) => ana.setUserMfaPreference(sms, null, done))
      const { at, parameters } = await signIn(ana)
      assert.deepEqual([at, parameters?.['CODE_DELIVERY_DESTINATION']], ['mfa', '+*******4444'])
      await assert.rejects(sendCode(ana, '0'), wrong)
      const { session } = await sendCode(ana, await codeSentTo(server(), ids.poolId, contacts.phone_number))
      assert.equal(session?.getIdToken().payload['phone_number_verified'], true)
      assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${contacts.phone_number}`])
    })

    it('signs in by the method that the user selects: app or text message', async () => {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['sms', 'totp'])
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList(contacts) })
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      const app = await registerApp(server(), accessToken)
      const on = { Enabled: true }
      await prefer(server(), ids.poolId, 'ana', { SMSMfaSettings: on, SoftwareTokenMfaSettings: on })
      const ana = openBrowser(server(), ids).user('ana')
      const choose = (method: string) => nextStep((callbacks) => ana.sendMFASelectionAnswer(method, callbacks))

      const { at, parameters } = await signIn(ana)
      assert.deepEqual([at, parameters?.['MFAS_CAN_CHOOSE']], ['select', '["SMS_MFA","SOFTWARE_TOKEN_MFA"]'])
      assert.equal((await choose('SOFTWARE_TOKEN_MFA')).at, 'totp')
      assert.equal((await sendCode(ana, app.code(), 'SOFTWARE_TOKEN_MFA')).session?.isValid(), true)
      assert.deepEqual(await sentTo(server(), ids.poolId), [])

      assert.equal((await signIn(ana)).at, 'select')
      assert.equal((await choose('SMS_MFA')).at, 'mfa')
      const code = await codeSentTo(server(), ids.poolId, contacts.phone_number)
      assert.equal((await sendCode(ana, code)).session?.isValid(), true)
    })

    it('turns text messages on and off by SetUserSettings', async () => {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['sms'])
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList(contacts) })
      const ana = openBrowser(server(), ids).user('ana')
      await signIn(ana)
      assert.equal(await promised<string>((done) => ana.enableMFA(done)), 'SUCCESS')
      assert.deepEqual((await dataOf(ana)).MFAOptions, [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }])
      assert.equal(await promised<string>((done) => ana.disableMFA(done)), 'SUCCESS')
      assert.equal((await signIn(ana)).at, 'session')
    })
  })
}
