import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { correct, givenCorrectingPool, refusalOf, signUpForSession } from '../../support/contact-correction.ts'
import { engines } from '../../support/engines.ts'
import { SmsConfiguration } from '../../support/mfa.ts'
import { codeSentTo, confirm, messagesOf, sentTo, signUp } from '../../support/self-service.ts'
import { givenTokens, goodPassword, secretHash } from '../../support/sign-in.ts'
import { refuse, refusedBy } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery, setSignUpExtension } from '../../support/user-triggers.ts'

const typo = 'ana@exmaple.test'
const email = 'ana@example.test'
const expired = { name: 'ExpiredCodeException' }
const mismatch = { name: 'CodeMismatchException' }

for (const engine of engines) {
  describe(`CorrectSignUpContact on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    it('sends a new code to the other address, and the old code no longer works', async () => {
      const { poolId, clientId } = await givenCorrectingPool(server())
      const { session, sub } = await signUpForSession(server(), clientId, 'ana', { email: typo })
      const old = await codeSentTo(server(), poolId, typo)
      const { status, body } = await correct(server(), clientId, 'ana', { session, value: email })
      assert.equal(status, 200)
      assert.deepEqual(body['CodeDeliveryDetails'], { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' })
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${typo}`, `resend ${email}`])
      const { attributes, UserStatus } = await adminGet(server(), poolId, 'ana')
      assert.deepEqual([attributes, UserStatus], [{ sub, email, email_verified: 'false' }, 'UNCONFIRMED'])

      const fresh = await codeSentTo(server(), poolId, email)
      if (old !== fresh) await assert.rejects(confirm(server(), clientId, 'ana', old), mismatch)
      await confirm(server(), clientId, 'ana', fresh)
      assert.equal((await adminGet(server(), poolId, 'ana')).attributes['email_verified'], 'true')
      await givenTokens(server(), clientId, 'ana')
    })

    it('returns a Session with which the user can make another correction', async () => {
      const { poolId, clientId } = await givenCorrectingPool(server())
      const { session } = await signUpForSession(server(), clientId, 'ana', { email: typo })
      const { body } = await correct(server(), clientId, 'ana', { session, value: 'ana@wrong.test' })
      const again = await correct(server(), clientId, 'ana', { session: String(body['Session']), value: email })
      assert.equal(refusalOf(again), 'ok')
      await confirm(server(), clientId, 'ana', await codeSentTo(server(), poolId, email))
    })

    it('changes the username in a pool with addresses as usernames', async () => {
      const { poolId, clientId } = await givenCorrectingPool(server(), { pool: { UsernameAttributes: ['email'] } })
      const { session, sub } = await signUpForSession(server(), clientId, typo, {})
      assert.equal(refusalOf(await correct(server(), clientId, typo, { session, value: email })), 'ok')
      await assert.rejects(adminGet(server(), poolId, typo), { name: 'UserNotFoundException' })
      assert.equal((await adminGet(server(), poolId, email)).attributes['sub'], sub)
      await confirm(server(), clientId, email, await codeSentTo(server(), poolId, email))
      await givenTokens(server(), clientId, email)
      await signUp(server(), clientId, typo)
    })

    it('corrects a phone number as well', async () => {
      const pool = { AutoVerifiedAttributes: ['phone_number' as const], SmsConfiguration }
      const { poolId, clientId } = await givenCorrectingPool(server(), { pool })
      const { session } = await signUpForSession(server(), clientId, 'ana', { phone_number: '+15550001234' })
      const correction = { session, attribute: 'phone_number', value: '+15550005678' }
      const { body } = await correct(server(), clientId, 'ana', correction)
      assert.deepEqual(body['CodeDeliveryDetails'], { AttributeName: 'phone_number', DeliveryMedium: 'SMS', Destination: '+*******5678' })
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up +15550001234', 'resend +15550005678'])
    })

    it('sends a link in a pool that confirms by link', async () => {
      const pool = { VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' as const } }
      const { poolId, clientId } = await givenCorrectingPool(server(), { pool })
      const { session } = await signUpForSession(server(), clientId, 'ana', { email: typo })
      await correct(server(), clientId, 'ana', { session, value: email })
      const statuses: number[] = []
      for (const { html } of await messagesOf(server(), poolId)) {
        const link = /href="([^"]+)"/.exec(html ?? '')?.[1] ?? ''
        statuses.push((await fetch(link.replaceAll('&amp;', '&'))).status)
      }
      assert.deepEqual(statuses, [400, 200])
    })

    it('requires the secret hash from a confidential client', async () => {
      const { clientId, clientSecret = '' } = await givenCorrectingPool(server(), { client: { GenerateSecret: true } })
      const hash = secretHash(clientSecret, 'ana', clientId)
      const { session } = await signUpForSession(server(), clientId, 'ana', { email: typo }, { SecretHash: hash })
      const correction = { session, value: email }
      assert.match(refusalOf(await correct(server(), clientId, 'ana', correction)), /^NotAuthorizedException: .*secret was not received/)
      assert.match(refusalOf(await correct(server(), clientId, 'ana', { ...correction, secretHash: 'wrong' })), /Unable to verify/)
      assert.equal(refusalOf(await correct(server(), clientId, 'ana', { ...correction, secretHash: hash })), 'ok')
    })

    it('calls CustomMessage and no other trigger', async () => {
      const { poolId, clientId, triggers } = await givenPoolWithEvery(
        server(),
        endpoint,
        {},
        { pool: { AutoVerifiedAttributes: ['email'] } },
      )
      await setSignUpExtension(server(), poolId, { ContactCorrection: true })
      const { session, sub } = await signUpForSession(server(), clientId, 'ana', { email: typo })
      triggers.clear()
      await correct(server(), clientId, 'ana', { session, value: email })
      assert.deepEqual(triggers.fired, ['CustomMessage_ResendCode'])
      const userAttributes = { sub, 'cognito:user_status': 'UNCONFIRMED', email, email_verified: 'false' }
      assert.deepEqual(triggers.events[0]?.request, { userAttributes, codeParameter: '{####}', usernameParameter: null })
    })

    it('changes nothing when CustomMessage fails, and the Session still works', async () => {
      let isFailing = false
      const CustomMessage = (event: object) => (isFailing ? refuse() : event)
      const pool = { AutoVerifiedAttributes: ['email' as const] }
      const { poolId, clientId } = await givenPoolWithEvery(server(), endpoint, { CustomMessage }, { pool })
      await setSignUpExtension(server(), poolId, { ContactCorrection: true })
      const { session } = await signUpForSession(server(), clientId, 'ana', { email: typo })
      isFailing = true
      const { name, message } = refusedBy('CustomMessage')
      assert.equal(refusalOf(await correct(server(), clientId, 'ana', { session, value: email })), `${name}: ${message}`)
      assert.equal((await adminGet(server(), poolId, 'ana')).attributes['email'], typo)
      isFailing = false
      assert.equal(refusalOf(await correct(server(), clientId, 'ana', { session, value: email })), 'ok')
    })

    it('is refused unless the pool allows corrections; if the pool allows corrections, SignUp returns a Session', async () => {
      const request = { Username: 'ana', Password: goodPassword }
      const sessionOf = async (ClientId: string) => (await server().send(new SignUpCommand({ ClientId, ...request }))).Session
      const correcting = await givenCorrectingPool(server())
      assert.match((await sessionOf(correcting.clientId)) ?? '', /^AYABe/)
      const plain = await server().givenPool()
      assert.equal(await sessionOf(plain.clientId), undefined)
      const client = { ExplicitAuthFlows: ['ALLOW_USER_AUTH' as const] }
      const choosing = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] }, client })
      const { session } = await signUpForSession(server(), choosing.clientId, 'ana', { email: typo })
      const refused = 'InvalidParameterException: Contact correction is not turned on for the user pool.'
      assert.equal(refusalOf(await correct(server(), choosing.clientId, 'ana', { session, value: email })), refused)
    })

    it('fails if a concurrent ConfirmSignUp with the old code succeeds; exactly one of the two succeeds', async () => {
      const { poolId, clientId } = await givenCorrectingPool(server())
      const { session } = await signUpForSession(server(), clientId, 'ana', { email: typo })
      const code = await codeSentTo(server(), poolId, typo)
      const [corrected, confirmed] = await Promise.allSettled([
        correct(server(), clientId, 'ana', { session, value: email }),
        confirm(server(), clientId, 'ana', code),
      ])
      const { UserStatus, attributes } = await adminGet(server(), poolId, 'ana')
      const isCorrected = corrected.status === 'fulfilled' && corrected.value.status === 200
      assert.deepEqual([isCorrected, confirmed.status], isCorrected ? [true, 'rejected'] : [false, 'fulfilled'])
      const outcome = isCorrected ? ['UNCONFIRMED', email, 'false'] : ['CONFIRMED', typo, 'true']
      assert.deepEqual([UserStatus, attributes['email'], attributes['email_verified']], outcome)
      if (confirmed.status === 'rejected') assert.ok([expired.name, mismatch.name].includes(confirmed.reason.name))
    })
  })
}
