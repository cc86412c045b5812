import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, ForgotPasswordCommand, ResendConfirmationCodeCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import {
  attributesOf,
  codeSentTo,
  confirm,
  givenConfirmedUser,
  givenSignedInUser,
  sentTo,
  signUp,
  update,
  wrongCode,
} from '../../support/self-service.ts'
import { givenTokens, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const verifiesEmail = { AutoVerifiedAttributes: ['email' as const] }
const sms = { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' } }
const email = 'ana@example.test'
const hour = 3_600_000

const mismatch = { name: 'CodeMismatchException', message: 'Invalid verification code provided, please try again.' }
const expired = { name: 'ExpiredCodeException', message: 'Invalid code provided, please request a code again.' }
const alreadyConfirmed = { name: 'NotAuthorizedException', message: 'User cannot be confirmed. Current status is CONFIRMED' }
const limited = { name: 'LimitExceededException', message: 'Attempt limit exceeded, please try after some time.' }
const unknown = { name: 'UserNotFoundException', message: 'Username/client id combination not found.' }

for (const engine of engines) {
  describe(`ConfirmSignUp on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const resend = (clientId: string, username: string) =>
      server().send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: username }))

    it('confirms the user and verifies only the address that the code went to', async () => {
      const pool = { AutoVerifiedAttributes: ['email' as const, 'phone_number' as const], ...sms }
      const ids = await server().givenPool({ pool })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email, phone_number: '+15550001234' })
      assert.deepEqual(await attributesOf(server(), accessToken), {
        email,
        email_verified: 'false',
        phone_number: '+15550001234',
        phone_number_verified: 'true',
      })
    })

    it('does not use up the code when a wrong code is entered, and refuses the right code the second time', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), clientId, 'ana', { email })
      const code = await codeSentTo(server(), poolId, email)
      await assert.rejects(confirm(server(), clientId, 'ana', wrongCode(code)), mismatch)
      for (const odd of ['0', `${code}0`, 'x'.repeat(2048), '\u{1f600}', '__proto__']) {
        await assert.rejects(confirm(server(), clientId, 'ana', odd), mismatch)
      }
      await confirm(server(), clientId, 'ana', code)
      await assert.rejects(confirm(server(), clientId, 'ana', code), alreadyConfirmed)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
    })

    it('accepts a code from exactly one of many simultaneous requests', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), clientId, 'ana', { email })
      const code = await codeSentTo(server(), poolId, email)
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => confirm(server(), clientId, 'ana', code)))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      // The other requests find the user confirmed or the code used, depending on how far they got.
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.match(outcome.reason.name, /^(NotAuthorized|ExpiredCode)Exception$/)
      }
    })

    it('refuses a code after 24 hours', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), clientId, 'ana', { email })
      const code = await codeSentTo(server(), poolId, email)
      server().clock.advance(24 * hour)
      await assert.rejects(confirm(server(), clientId, 'ana', code), expired)
    })

    it('refuses any code after 15 attempts in an hour', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), clientId, 'ana', { email })
      const code = await codeSentTo(server(), poolId, email)
      const guesses = await Promise.allSettled(Array.from({ length: 18 }, () => confirm(server(), clientId, 'ana', wrongCode(code))))
      const names = guesses.map((guess) => (guess.status === 'rejected' ? guess.reason.name : 'right'))
      assert.equal(names.filter((name) => name === 'CodeMismatchException').length, 15)
      assert.equal(names.filter((name) => name === 'LimitExceededException').length, 3)
      await assert.rejects(confirm(server(), clientId, 'ana', code), limited)
      server().clock.advance(hour)
      await confirm(server(), clientId, 'ana', code)
    })

    it('refuses the sign-up code and the recovery code of other users', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      await givenConfirmedUser(server(), ids, 'bob', { email: 'bob@example.test' })
      await server().send(new ForgotPasswordCommand({ ClientId: ids.clientId, Username: 'bob' }))
      await signUp(server(), ids.clientId, 'cem', { email: 'cem@example.test' })
      await signUp(server(), ids.clientId, 'ana', { email })
      const own = await codeSentTo(server(), ids.poolId, email)
      for (const other of ['bob@example.test', 'cem@example.test']) {
        const code = await codeSentTo(server(), ids.poolId, other)
        if (code !== own) await assert.rejects(confirm(server(), ids.clientId, 'ana', code), mismatch)
      }
      await confirm(server(), ids.clientId, 'ana', own)
    })

    it('has different errors for unknown and disabled users if the client does not hide which users exist', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), clientId, 'ana', { email })
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      const disabled = { name: 'NotAuthorizedException', message: 'User is disabled.' }
      await assert.rejects(confirm(server(), clientId, 'ana', await codeSentTo(server(), poolId, email)), disabled)
      await assert.rejects(resend(clientId, 'ana'), disabled)
      await assert.rejects(confirm(server(), clientId, 'nobody', '123456'), unknown)
      await assert.rejects(resend(clientId, 'nobody'), unknown)
    })

    it('accepts only the newest code after ResendConfirmationCode, which works five times an hour', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), clientId, 'ana', { email })
      const first = await codeSentTo(server(), poolId, email)
      const { CodeDeliveryDetails } = await resend(clientId, 'ana')
      assert.deepEqual(CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' })
      for (let i = 0; i < 4; i++) await resend(clientId, 'ana')
      await assert.rejects(resend(clientId, 'ana'), limited)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`, ...Array(5).fill(`resend ${email}`)])
      const newest = await codeSentTo(server(), poolId, email)
      if (first !== newest) await assert.rejects(confirm(server(), clientId, 'ana', first), mismatch)
      await confirm(server(), clientId, 'ana', newest)
      server().clock.advance(hour)
      await assert.rejects(resend(clientId, 'ana'), { name: 'InvalidParameterException', message: 'User is already confirmed.' })
    })

    it('has no code to check if the pool verifies no address, or the user has none: ResendConfirmationCode then fails', async () => {
      const cannot = { name: 'InvalidParameterException', message: 'Cannot resend codes. Auto verification not turned on.' }
      const silent = await server().givenPool()
      await signUp(server(), silent.clientId, 'ana', { email })
      await assert.rejects(resend(silent.clientId, 'ana'), cannot)
      const verifying = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), verifying.clientId, 'ana')
      await assert.rejects(resend(verifying.clientId, 'ana'), cannot)
    })
  })

  describe(`Addresses as aliases on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const givenAliasPool = () => server().givenPool({ pool: { ...verifiesEmail, AliasAttributes: ['email'] } })
    const aliasTaken = { name: 'AliasExistsException', message: 'An account with the email already exists.' }

    it('let a user sign in once the address is verified', async () => {
      const ids = await givenAliasPool()
      await signUp(server(), ids.clientId, 'ana', { email })
      await assert.rejects(signInByPassword(server(), ids.clientId, email), { name: 'UserNotFoundException' })
      await confirm(server(), ids.clientId, 'ana', await codeSentTo(server(), ids.poolId, email))
      await signInByPassword(server(), ids.clientId, email)
    })

    it('are taken from another user only with ForceAliasCreation, and a refusal does not use up the code', async () => {
      const ids = await givenAliasPool()
      const ana = await givenSignedInUser(server(), ids, 'ana', { email })
      await signUp(server(), ids.clientId, 'bob', { email })
      const code = await codeSentTo(server(), ids.poolId, email)

      await assert.rejects(confirm(server(), ids.clientId, 'bob', code), aliasTaken)
      await assert.rejects(confirm(server(), ids.clientId, 'bob', code, false), aliasTaken)
      await assert.rejects(signInByPassword(server(), ids.clientId, 'bob'), { name: 'UserNotConfirmedException' })
      await assert.rejects(confirm(server(), ids.clientId, 'bob', wrongCode(code), true), mismatch)
      assert.equal((await attributesOf(server(), ana.accessToken))['email_verified'], 'true')

      await confirm(server(), ids.clientId, 'bob', code, true)
      assert.deepEqual(await attributesOf(server(), ana.accessToken), { email, email_verified: 'false' })
      const { accessToken } = await givenTokens(server(), ids.clientId, email)
      assert.deepEqual(await attributesOf(server(), accessToken), { email, email_verified: 'true' })
      const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
      assert.equal(claims.username, 'bob')
      await signInByPassword(server(), ids.clientId, 'ana')
    })

    it('stay with their owner when another user changes to the address without verifying it', async () => {
      const ids = await givenAliasPool()
      await givenConfirmedUser(server(), ids, 'ana', { email })
      const thief = await givenSignedInUser(server(), ids, 'thief', { email: 'thief@example.test' })
      await update(server(), thief.accessToken, { email })
      assert.equal((await attributesOf(server(), thief.accessToken))['email_verified'], 'false')
      const { accessToken } = await givenTokens(server(), ids.clientId, email)
      const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
      assert.equal(claims.username, 'ana')
    })
  })
}
