import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminConfirmSignUpCommand, CreateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet, adminUpdate } from '../../support/administration.ts'
import { correct, givenCorrectingPool, noSession, refusalOf, signUpForSession } from '../../support/contact-correction.ts'
import { engines } from '../../support/engines.ts'
import { SmsConfiguration } from '../../support/mfa.ts'
import { codeSentTo, confirm, givenConfirmedUser, messagesOf, sentTo, signUp } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const typo = 'ana@exmaple.test'
const email = 'ana@example.test'
const invalid = 'NotAuthorizedException: Invalid session for the user.'
const expired = 'NotAuthorizedException: Invalid session for the user, session is expired.'
const unknown = 'UserNotFoundException: Username/client id combination not found.'
const limited = 'LimitExceededException: Attempt limit exceeded, please try after some time.'

for (const engine of engines) {
  describe(`CorrectSignUpContact under attack on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function given(options: Parameters<typeof givenCorrectingPool>[1] = {}) {
      const ids = await givenCorrectingPool(server(), options)
      const { session, sub } = await signUpForSession(server(), ids.clientId, 'ana', { email: typo })
      const attempt = async (more: Partial<Parameters<typeof correct>[3]> = {}, username = 'ana', clientId = ids.clientId) =>
        refusalOf(await correct(server(), clientId, username, { session, value: email, ...more }))
      return { ...ids, session, sub, attempt }
    }

    it('accepts only an unexpired Session of the same user and client', async () => {
      const { poolId, clientId, session, attempt } = await given()
      const other = await signUpForSession(server(), clientId, 'bo', { email: 'bo@example.test' })
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'other' }))
      assert.equal(await attempt({ session: other.session }), invalid)
      assert.equal(await attempt({}, 'bo'), invalid)
      assert.equal(await attempt({ session: noSession }), invalid)
      assert.equal(await attempt({}, 'ana', UserPoolClient?.ClientId), invalid)
      server().clock.advance(181_000)
      assert.equal(await attempt({ session }), expired)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${typo}`, 'sign-up bo@example.test'])
    })

    it('accepts each Session once, even if many requests bring it at the same time', async () => {
      const { poolId, attempt } = await given()
      const values = Array.from({ length: 4 }, (_, i) => `ana${i}@example.test`)
      const answers = await Promise.all(values.map((value) => attempt({ value })))
      assert.deepEqual(answers.sort(), [invalid, invalid, invalid, 'ok'])
      assert.equal((await messagesOf(server(), poolId)).length, 2)
      // With the old address, the user is again as when the Session was issued. The Session stays consumed nevertheless.
      await adminUpdate(server(), poolId, 'ana', { email: typo })
      assert.equal(await attempt(), invalid)
    })

    it('does not change a user who was confirmed in the meantime', async () => {
      const { poolId, attempt } = await given()
      await server().send(new AdminConfirmSignUpCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(await attempt(), invalid)
      assert.equal((await adminGet(server(), poolId, 'ana')).attributes['email'], typo)
    })

    it('does not replace an address that an administrator has corrected', async () => {
      const { poolId, attempt } = await given()
      await adminUpdate(server(), poolId, 'ana', { email: 'right@example.test' })
      assert.equal(await attempt(), invalid)
    })

    it('does not reopen an account once the owner of the wrong mailbox has confirmed it; the password stays as it was', async () => {
      const { poolId, clientId, attempt } = await given()
      await confirm(server(), clientId, 'ana', await codeSentTo(server(), poolId, typo))
      assert.equal(await attempt(), invalid)
      await assert.rejects(givenTokens(server(), clientId, 'ana', 'Guessed-horse-7'), { name: 'NotAuthorizedException' })
      await givenTokens(server(), clientId, 'ana')
    })

    it('neither adds an alias before the address is verified, nor takes an alias from its owner', async () => {
      const ids = await given({ pool: { AliasAttributes: ['email'] } })
      await givenConfirmedUser(server(), ids, 'victim', { email })
      assert.equal(await ids.attempt(), 'ok')
      assert.equal((await adminGet(server(), ids.poolId, email)).Username, 'victim')
      assert.equal((await adminGet(server(), ids.poolId, 'victim')).attributes['email_verified'], 'true')
      // Without ForceAliasCreation, the code that went to the victim's address does not take the alias from the victim either.
      const code = await codeSentTo(server(), ids.poolId, email)
      await assert.rejects(confirm(server(), ids.clientId, 'ana', code), { name: 'AliasExistsException' })
      await givenTokens(server(), ids.clientId, email)
    })

    it('refuses an address that is the username of another user', async () => {
      const { poolId, clientId } = await givenCorrectingPool(server(), { pool: { UsernameAttributes: ['email'] } })
      await givenUser(server(), poolId, email)
      const { session } = await signUpForSession(server(), clientId, typo, {})
      const taken = 'AliasExistsException: An account with the given email already exists.'
      assert.equal(refusalOf(await correct(server(), clientId, typo, { session, value: email })), taken)
      assert.equal(refusalOf(await correct(server(), clientId, typo, { session, value: 'free@example.test' })), 'ok')
    })

    it('changes only a mutable attribute that the pool verifies and the user has, and only to another valid address', async () => {
      const both = { pool: { AutoVerifiedAttributes: ['email' as const, 'phone_number' as const], SmsConfiguration } }
      const { attempt } = await given(both)
      const phone = { attribute: 'phone_number', value: '+15550001234' }
      assert.equal(await attempt(phone), 'InvalidParameterException: The user has no phone_number to correct.')
      assert.equal(await attempt({ value: typo }), 'InvalidParameterException: The email of the user is already this one.')
      assert.equal(await attempt({ value: 'nowhere' }), 'InvalidParameterException: Invalid email address format.')
      assert.match(await attempt({ attribute: 'name' }), /^InvalidParameterException: 1 validation error detected/)

      const unverified = await given({ pool: { AutoVerifiedAttributes: [], Schema: [{ Name: 'email', Required: true }] } })
      assert.match(await unverified.attempt(), /^InvalidParameterException: The user pool does not verify/)
      const fixed = await given({ pool: { Schema: [{ Name: 'email', Mutable: false, Required: true }] } })
      assert.match(await fixed.attempt(), /^InvalidParameterException: user.email: Attribute cannot be updated/)
    })

    it('allows a user five corrections in an hour', async () => {
      const { poolId, clientId, session } = await given()
      let current = session
      const answers: string[] = []
      for (let i = 0; i < 6; i++) {
        const answer = await correct(server(), clientId, 'ana', { session: current, value: `ana${i}@example.test` })
        answers.push(refusalOf(answer))
        current = String(answer.body['Session'] ?? current)
      }
      assert.deepEqual(answers, [...Array(5).fill('ok'), limited])
      assert.equal((await messagesOf(server(), poolId)).length, 6)
    })

    it('does not reveal which users exist if the client hides it', async () => {
      const { poolId, clientId, attempt } = await given({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      await givenUser(server(), poolId, 'confirmed')
      for (const name of ['ana', 'confirmed', 'nobody']) {
        const answers: string[] = []
        for (let i = 0; i < 6; i++) answers.push(await attempt({ session: noSession }, name))
        assert.deepEqual(answers, [...Array(5).fill(invalid), limited], name)
      }
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${typo}`])
      await signUp(server(), clientId, 'nobody')
    })

    it('answers UserNotFoundException for an unknown name if the client does not hide which users exist', async () => {
      const { attempt } = await given({ client: { PreventUserExistenceErrors: 'LEGACY' } })
      assert.equal(await attempt({}, 'nobody'), unknown)
    })
  })
}
