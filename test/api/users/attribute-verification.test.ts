import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GetUserAttributeVerificationCodeCommand, VerifyUserAttributeCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { attributesOf, codeSentTo, givenSignedInUser, sentTo, update, wrongCode } from '../../support/self-service.ts'
import { givenTokens, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const email = 'ana@example.test'
const newEmail = 'new@example.test'
const sms = { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' } }
const verifiesEmail = { AutoVerifiedAttributes: ['email' as const] }
const verifiesBeforeUpdate = {
  ...verifiesEmail,
  UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email' as const] },
}

const mismatch = { name: 'CodeMismatchException', message: 'Invalid verification code provided, please try again.' }
const expired = { name: 'ExpiredCodeException', message: 'Invalid code provided, please request a code again.' }
const limited = { name: 'LimitExceededException', message: 'Attempt limit exceeded, please try after some time.' }
const emailTaken = { name: 'AliasExistsException', message: 'An account with the given email already exists.' }
const notFound = { name: 'UserNotFoundException' }

for (const engine of engines) {
  describe(`An address in the attributes of a user on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const ask = (accessToken: string, name = 'email') =>
      server().send(new GetUserAttributeVerificationCodeCommand({ AccessToken: accessToken, AttributeName: name }))
    const verify = (accessToken: string, code: string, name = 'email') =>
      server().send(new VerifyUserAttributeCommand({ AccessToken: accessToken, AttributeName: name, Code: code }))

    it('is unverified after a change, and gets a code if the pool verifies addresses of its kind', async () => {
      const ids = await server().givenPool({ pool: { ...verifiesEmail, ...sms } })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      const { CodeDeliveryDetailsList } = await update(server(), accessToken, { email: newEmail, phone_number: '+15550001234' })
      assert.deepEqual(CodeDeliveryDetailsList, [{ AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'n***@e***' }])
      assert.deepEqual(await attributesOf(server(), accessToken), {
        email: newEmail,
        email_verified: 'false',
        phone_number: '+15550001234',
        phone_number_verified: 'false',
      })
      assert.deepEqual(await sentTo(server(), ids.poolId), [`sign-up ${email}`, `update-attribute ${newEmail}`])

      const code = await codeSentTo(server(), ids.poolId, newEmail)
      await assert.rejects(verify(accessToken, wrongCode(code)), mismatch)
      await assert.rejects(verify(accessToken, code, 'phone_number'), expired)
      await verify(accessToken, code)
      assert.equal((await attributesOf(server(), accessToken))['email_verified'], 'true')
      await assert.rejects(verify(accessToken, code), expired)
    })

    it('can be verified later, with a code that the user requests', async () => {
      const ids = await server().givenPool({ pool: { ...verifiesEmail, ...sms } })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      await assert.rejects(ask(accessToken, 'phone_number'), { name: 'InvalidParameterException' })
      for (const name of ['name', 'sub', '__proto__']) await assert.rejects(ask(accessToken, name), { name: 'InvalidParameterException' })
      await update(server(), accessToken, { phone_number: '+15550001234' })
      const { CodeDeliveryDetails } = await ask(accessToken, 'phone_number')
      assert.deepEqual(CodeDeliveryDetails, { AttributeName: 'phone_number', DeliveryMedium: 'SMS', Destination: '+*******1234' })
      await verify(accessToken, await codeSentTo(server(), ids.poolId, '+15550001234'), 'phone_number')
      assert.equal((await attributesOf(server(), accessToken))['phone_number_verified'], 'true')
    })

    it('cannot be verified with its code after another address replaced it or it was removed; an update with the same address keeps the code valid', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      await update(server(), accessToken, { email: newEmail })
      const code = await codeSentTo(server(), ids.poolId, newEmail)
      await update(server(), accessToken, { email: newEmail, gender: '' })
      await verify(accessToken, code)
      await update(server(), accessToken, { email })
      const second = await codeSentTo(server(), ids.poolId, email)
      await update(server(), accessToken, { email: 'third@example.test' })
      const third = await codeSentTo(server(), ids.poolId, 'third@example.test')
      if (second !== third) await assert.rejects(verify(accessToken, second), mismatch)
      await update(server(), accessToken, { email: '' })
      await assert.rejects(verify(accessToken, third), expired)
      assert.deepEqual(await attributesOf(server(), accessToken), {})
    })

    it('has limits for requested codes, for wrong codes and for changes', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      for (let i = 0; i < 5; i++) await ask(accessToken)
      await assert.rejects(ask(accessToken), limited)
      const code = await codeSentTo(server(), ids.poolId, email)
      for (let i = 0; i < 15; i++) await assert.rejects(verify(accessToken, wrongCode(code)), mismatch)
      await assert.rejects(verify(accessToken, code), limited)
      // Each change of an address sends a message, so changes have a limit as well.
      for (let i = 0; i < 20; i++) await update(server(), accessToken, { email: `spam${i}@example.test` })
      await assert.rejects(update(server(), accessToken, { email: 'spam@example.test' }), { name: 'TooManyRequestsException' })
      await update(server(), accessToken, { name: 'Ana' })
    })

    it('is not verified by the code of another user', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      const ana = await givenSignedInUser(server(), ids, 'ana', { email })
      const bob = await givenSignedInUser(server(), ids, 'bob', { email: 'bob@example.test' })
      await update(server(), ana.accessToken, { email: newEmail })
      await update(server(), bob.accessToken, { email: 'bob2@example.test' })
      const own = await codeSentTo(server(), ids.poolId, newEmail)
      const other = await codeSentTo(server(), ids.poolId, 'bob2@example.test')
      if (own !== other) await assert.rejects(verify(ana.accessToken, other), mismatch)
    })

    it('is verified by only one of many concurrent requests with the same code', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      await ask(accessToken)
      const code = await codeSentTo(server(), ids.poolId, email)
      const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => verify(accessToken, code)))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    })
  })

  describe(`A new address that takes effect only after its verification on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const ask = (accessToken: string) =>
      server().send(new GetUserAttributeVerificationCodeCommand({ AccessToken: accessToken, AttributeName: 'email' }))
    const verify = (accessToken: string, code: string) =>
      server().send(new VerifyUserAttributeCommand({ AccessToken: accessToken, AttributeName: 'email', Code: code }))

    it('leaves the old address current, verified and usable for sign-in until the new address is verified', async () => {
      const ids = await server().givenPool({ pool: { ...verifiesBeforeUpdate, UsernameAttributes: ['email'] } })
      const { accessToken } = await givenSignedInUser(server(), ids, email, {})
      const { CodeDeliveryDetailsList } = await update(server(), accessToken, { email: newEmail, name: 'Ana' })
      assert.equal(CodeDeliveryDetailsList?.[0]?.Destination, 'n***@e***')
      assert.deepEqual(await attributesOf(server(), accessToken), { email, email_verified: 'true', name: 'Ana' })
      await signInByPassword(server(), ids.clientId, email)
      await assert.rejects(signInByPassword(server(), ids.clientId, newEmail), notFound)

      // Another code goes to the new address, and replaces the first code.
      const first = await codeSentTo(server(), ids.poolId, newEmail)
      assert.equal((await ask(accessToken)).CodeDeliveryDetails?.Destination, 'n***@e***')
      const second = await codeSentTo(server(), ids.poolId, newEmail)
      if (first !== second) await assert.rejects(verify(accessToken, first), mismatch)
      await verify(accessToken, second)
      assert.deepEqual(await attributesOf(server(), accessToken), { email: newEmail, email_verified: 'true', name: 'Ana' })
      await signInByPassword(server(), ids.clientId, newEmail)
      await assert.rejects(signInByPassword(server(), ids.clientId, email), notFound)
    })

    it('is dropped when the user sets the current address again', async () => {
      const ids = await server().givenPool({ pool: verifiesBeforeUpdate })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      await update(server(), accessToken, { email: newEmail })
      const code = await codeSentTo(server(), ids.poolId, newEmail)
      await update(server(), accessToken, { email })
      await assert.rejects(verify(accessToken, code), expired)
      assert.deepEqual(await attributesOf(server(), accessToken), { email, email_verified: 'true' })
    })

    it('cannot be the username of another user, not even in a race', async () => {
      const ids = await server().givenPool({ pool: { ...verifiesBeforeUpdate, UsernameAttributes: ['email'] } })
      const ana = await givenSignedInUser(server(), ids, email, {})
      const bob = await givenSignedInUser(server(), ids, 'bob@example.test', {})
      await assert.rejects(update(server(), ana.accessToken, { email: 'bob@example.test' }), emailTaken)
      await update(server(), ana.accessToken, { email: newEmail })
      const anasCode = await codeSentTo(server(), ids.poolId, newEmail)
      await update(server(), bob.accessToken, { email: newEmail })
      const bobsCode = await codeSentTo(server(), ids.poolId, newEmail)
      const outcomes = await Promise.allSettled([verify(ana.accessToken, anasCode), verify(bob.accessToken, bobsCode)])
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      for (const outcome of outcomes) if (outcome.status === 'rejected') assert.equal(outcome.reason.name, 'AliasExistsException')
    })

    it('becomes the alias of the user who verified it last', async () => {
      const ids = await server().givenPool({ pool: { ...verifiesBeforeUpdate, AliasAttributes: ['email'] } })
      const ana = await givenSignedInUser(server(), ids, 'ana', { email })
      const bob = await givenSignedInUser(server(), ids, 'bob', { email: 'bob@example.test' })
      await update(server(), bob.accessToken, { email })
      await signInByPassword(server(), ids.clientId, 'bob@example.test')
      await verify(bob.accessToken, await codeSentTo(server(), ids.poolId, email))
      assert.deepEqual(await attributesOf(server(), ana.accessToken), { email, email_verified: 'false' })
      const { accessToken } = await givenTokens(server(), ids.clientId, email)
      const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
      assert.equal(claims.username, 'bob')
      await assert.rejects(signInByPassword(server(), ids.clientId, 'bob@example.test'), notFound)
    })
  })

  describe(`Two users who exchange addresses on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const verify = (accessToken: string, code: string) =>
      server().send(new VerifyUserAttributeCommand({ AccessToken: accessToken, AttributeName: 'email', Code: code }))

    it('both succeed when they verify the addresses at the same time', async () => {
      const ids = await server().givenPool({ pool: { ...verifiesBeforeUpdate, AliasAttributes: ['email'] } })
      for (let round = 0; round < 5; round++) {
        const [here, there] = [`here${round}@example.test`, `there${round}@example.test`]
        const ana = await givenSignedInUser(server(), ids, `ana${round}`, { email: here })
        const bob = await givenSignedInUser(server(), ids, `bob${round}`, { email: there })
        await update(server(), ana.accessToken, { email: there })
        await update(server(), bob.accessToken, { email: here })
        await Promise.all([
          verify(ana.accessToken, await codeSentTo(server(), ids.poolId, there)),
          verify(bob.accessToken, await codeSentTo(server(), ids.poolId, here)),
        ])
        assert.deepEqual(await attributesOf(server(), ana.accessToken), { email: there, email_verified: 'true' })
        assert.deepEqual(await attributesOf(server(), bob.accessToken), { email: here, email_verified: 'true' })
      }
    })
  })

  describe(`An address that a user signs in with on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('works at once after a change when it is the username', async () => {
      const ids = await server().givenPool({ pool: { ...verifiesEmail, UsernameAttributes: ['email'] } })
      const { accessToken } = await givenSignedInUser(server(), ids, email, {})
      await update(server(), accessToken, { email: newEmail })
      await signInByPassword(server(), ids.clientId, newEmail)
      await assert.rejects(signInByPassword(server(), ids.clientId, email), notFound)
      await assert.rejects(update(server(), accessToken, { email: '' }), { name: 'InvalidParameterException' })
    })

    it('does not work as an alias between its change and its verification', async () => {
      const ids = await server().givenPool({ pool: { ...verifiesEmail, AliasAttributes: ['email'] } })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      await update(server(), accessToken, { email: newEmail })
      await assert.rejects(signInByPassword(server(), ids.clientId, newEmail), notFound)
      await assert.rejects(signInByPassword(server(), ids.clientId, email), notFound)
      await signInByPassword(server(), ids.clientId, 'ana')
    })
  })
}
