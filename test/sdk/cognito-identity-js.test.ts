import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { CognitoUserAttribute, type CognitoUserSession, type ISignUpResult } from 'amazon-cognito-identity-js'
import { authenticate, completeNewPassword, openBrowser, promised, settled, signedIn } from '../support/cognito-user.ts'
import { engines } from '../support/engines.ts'
import { codeSentTo } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

/** The bodies of the requests that the library sends during `work`. */
async function bodiesOf(work: () => Promise<void>): Promise<string[]> {
  const { fetch } = globalThis
  const bodies: string[] = []
  globalThis.fetch = (input, init) => {
    bodies.push(String(init?.body))
    return fetch(input, init)
  }
  try {
    await work()
  } finally {
    globalThis.fetch = fetch
  }
  return bodies
}

const wrong = { code: 'NotAuthorizedException', message: 'Incorrect username or password.' }

for (const engine of engines) {
  describe(`amazon-cognito-identity-js on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const givenPool = () => server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })

    it('signs up, confirms with the code from the inbox, signs in by SRP and reads the attributes', async () => {
      const ids = await givenPool()
      const { pool, user } = openBrowser(server(), ids)
      const email = new CognitoUserAttribute({ Name: 'email', Value: 'ana@example.test' })
      const signedUp = await promised<ISignUpResult>((done) => pool.signUp('ana', goodPassword, [email], [], done))
      assert.equal(signedUp.userConfirmed, false)
      assert.deepEqual(signedUp.codeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' })

      const ana = user('ana')
      await assert.rejects(authenticate(ana, goodPassword), { code: 'UserNotConfirmedException', message: 'User is not confirmed.' })
      await promised<void>((done) => ana.resendConfirmationCode(done))
      const code = await codeSentTo(server(), ids.poolId, 'ana@example.test')
      assert.equal(await promised<string>((done) => ana.confirmRegistration(code, false, done)), 'SUCCESS')

      const session = await signedIn(authenticate(ana, goodPassword))
      assert.equal(session.isValid(), true)
      assert.equal(session.getIdToken().payload['email_verified'], true)
      const attributes = await promised<CognitoUserAttribute[]>((done) => ana.getUserAttributes(done))
      const values = Object.fromEntries(attributes.map(({ Name, Value }) => [Name, Value]))
      assert.deepEqual(values, { sub: signedUp.userSub, email: 'ana@example.test', email_verified: 'true' })
    })

    it('reports a wrong password and an unknown name', async () => {
      const ids = await givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      const { user } = openBrowser(server(), ids)
      await assert.rejects(authenticate(user('ana'), 'Wrong-horse-7'), wrong)
      await assert.rejects(authenticate(user('nobody'), goodPassword), { code: 'UserNotFoundException' })
    })

    it('signs in by USER_PASSWORD_AUTH', async () => {
      const ids = await givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      const ana = openBrowser(server(), ids).user('ana')
      ana.setAuthenticationFlowType('USER_PASSWORD_AUTH')
      await signedIn(authenticate(ana, goodPassword))
      await assert.rejects(authenticate(ana, 'Wrong-horse-7'), wrong)
    })

    it('signs in with a stored device key in a pool that does not track devices', async () => {
      const ids = await givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      const { storage, user } = openBrowser(server(), ids)
      const ana = user('ana')
      const prefix = `CognitoIdentityServiceProvider.${ids.clientId}.ana`
      storage.setItem(`${prefix}.deviceKey`, `${server().region}_11111111-2222-3333-4444-555555555555`)
      storage.setItem(`${prefix}.randomPasswordKey`, 'ZGV2aWNlLXBhc3N3b3Jk')
      storage.setItem(`${prefix}.deviceGroupKey`, '-AbCdEfGh')
      const session = await signedIn(authenticate(ana, goodPassword))
      const bodies = await bodiesOf(async () => {
        await promised<CognitoUserSession>((done) => ana.refreshSession(session.getRefreshToken(), done))
        await signedIn(authenticate(ana, goodPassword))
      })
      assert.equal(bodies.length, 3)
      for (const body of bodies) assert.match(body, /"DEVICE_KEY":"[^"]+_11111111-2222-3333-4444-555555555555"/)
    })

    it('answers NEW_PASSWORD_REQUIRED with the required attributes', async () => {
      const ids = await server().givenPool({ pool: { Schema: [{ Name: 'family_name', Required: true }] } })
      await server().send(
        new AdminCreateUserCommand({
          UserPoolId: ids.poolId,
          Username: 'ana',
          TemporaryPassword: 'Temporary-1',
          MessageAction: 'SUPPRESS',
          UserAttributes: [
            { Name: 'email', Value: 'ana@example.test' },
            { Name: 'email_verified', Value: 'true' },
          ],
        }),
      )
      const ana = openBrowser(server(), ids).user('ana')
      const asked = await authenticate(ana, 'Temporary-1')
      assert.deepEqual(asked, {
        kind: 'new-password',
        userAttributes: { email: 'ana@example.test', email_verified: 'true', family_name: '' },
        requiredAttributes: ['family_name'],
      })
      const session = await signedIn(completeNewPassword(ana, goodPassword, { family_name: 'Alvarez' }))
      assert.equal(session.getIdToken().payload['family_name'], 'Alvarez')
      await signedIn(authenticate(ana, goodPassword))
    })

    it('refreshes a session, and restores the session from the storage of the browser', async () => {
      const ids = await givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      const { pool, user } = openBrowser(server(), ids)
      const ana = user('ana')
      const session = await signedIn(authenticate(ana, goodPassword))
      const renewed = await promised<CognitoUserSession>((done) => ana.refreshSession(session.getRefreshToken(), done))
      assert.notEqual(renewed.getAccessToken().getJwtToken(), session.getAccessToken().getJwtToken())
      assert.equal(renewed.getAccessToken().payload['origin_jti'], session.getAccessToken().payload['origin_jti'])

      const remembered = pool.getCurrentUser()
      const found = await promised<CognitoUserSession>((done) => remembered?.getSession(done))
      assert.equal(found.getAccessToken().getJwtToken(), renewed.getAccessToken().getJwtToken())
    })

    it('changes the password, and recovers a forgotten password', async () => {
      const ids = await givenPool()
      const email = [
        { Name: 'email', Value: 'ben@example.test' },
        { Name: 'email_verified', Value: 'true' },
      ]
      await givenUser(server(), ids.poolId, 'ben', { attributes: email })
      const ben = openBrowser(server(), ids).user('ben')
      await signedIn(authenticate(ben, goodPassword))
      assert.equal(await promised<string>((done) => ben.changePassword(goodPassword, 'Another-horse-8', done)), 'SUCCESS')
      await assert.rejects(authenticate(ben, goodPassword), wrong)
      await signedIn(authenticate(ben, 'Another-horse-8'))

      const sent = await settled<{ CodeDeliveryDetails: unknown }>((callbacks) => ben.forgotPassword(callbacks))
      const details = { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'b***@e***' }
      assert.deepEqual(sent, { CodeDeliveryDetails: details })
      const code = await codeSentTo(server(), ids.poolId, 'ben@example.test')
      const confirmed = await settled<string>((callbacks) => ben.confirmPassword(code, 'Third-horse-9', callbacks))
      assert.equal(confirmed, 'SUCCESS')
      await signedIn(authenticate(ben, 'Third-horse-9'))
    })

    it('signs out everywhere', async () => {
      const ids = await givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      const { pool, user } = openBrowser(server(), ids)
      const here = user('ana')
      const there = openBrowser(server(), ids).user('ana')
      await signedIn(authenticate(here, goodPassword))
      await signedIn(authenticate(there, goodPassword))
      assert.equal(await settled<string>((callbacks) => here.globalSignOut(callbacks)), 'SUCCESS')
      assert.equal(pool.getCurrentUser(), null)
      const revoked = { code: 'NotAuthorizedException', message: 'Access Token has been revoked' }
      await assert.rejects(
        promised((done) => there.getUserAttributes(done)),
        revoked,
      )
    })

    it('deletes its user', async () => {
      const ids = await givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      const ana = openBrowser(server(), ids).user('ana')
      await signedIn(authenticate(ana, goodPassword))
      assert.equal(await promised<string>((done) => ana.deleteUser(done)), 'SUCCESS')
      await assert.rejects(authenticate(ana, goodPassword), { code: 'UserNotFoundException' })
    })
  })
}
