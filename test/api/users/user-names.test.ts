import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { adminCreateSilently } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { attributesOf, codeSentTo, confirm, givenConfirmedUser, givenSignedInUser, signUp, update } from '../../support/self-service.ts'
import { givenTokens, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const verifiesEmail = { AutoVerifiedAttributes: ['email' as const] }
const ignoresCase = { UsernameConfiguration: { CaseSensitive: false } }
const sms = { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' } }
const taken = { name: 'UsernameExistsException', message: 'User already exists' }

for (const engine of engines) {
  describe(`The names of users on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('that differ only in case are two names in a case-sensitive pool, and one name in a case-insensitive pool', async () => {
      const strict = await server().givenPool()
      await signUp(server(), strict.clientId, 'Ana')
      await signUp(server(), strict.clientId, 'ANA')
      await assert.rejects(signUp(server(), strict.clientId, 'Ana'), taken)

      const folding = await server().givenPool({ pool: { ...ignoresCase, ...verifiesEmail } })
      await givenConfirmedUser(server(), folding, 'Ana', { email: 'ana@example.test' })
      await assert.rejects(signUp(server(), folding.clientId, 'aNA'), taken)
      const { accessToken } = await givenTokens(server(), folding.clientId, 'ANA')
      const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
      assert.equal(claims.username, 'ana')
    })

    it('are equal in all Unicode normalization forms of the same letters', async () => {
      const { clientId } = await server().givenPool()
      await signUp(server(), clientId, 'Zo\u00eb')
      await assert.rejects(signUp(server(), clientId, 'Zoe\u0308'), taken)
    })

    it('are refused if they equal the sub of another user', async () => {
      const { clientId } = await server().givenPool({ pool: ignoresCase })
      const { UserSub = '' } = await signUp(server(), clientId, 'ana')
      await assert.rejects(signUp(server(), clientId, UserSub), taken)
      await assert.rejects(signUp(server(), clientId, UserSub.toUpperCase()), taken)
    })

    it('are e-mail addresses in a pool with the username attribute email', async () => {
      const ids = await server().givenPool({ pool: { UsernameAttributes: ['email'], ...verifiesEmail } })
      await assert.rejects(signUp(server(), ids.clientId, 'ana'), {
        name: 'InvalidParameterException',
        message: 'Username should be an email.',
      })
      await assert.rejects(signUp(server(), ids.clientId, '+15550001234'), { message: 'Username should be an email.' })

      const { UserSub } = await signUp(server(), ids.clientId, 'ana@example.test')
      await assert.rejects(signUp(server(), ids.clientId, 'ana@example.test'), {
        name: 'UsernameExistsException',
        message: 'An account with the given email already exists.',
      })
      await confirm(server(), ids.clientId, 'ana@example.test', await codeSentTo(server(), ids.poolId, 'ana@example.test'))
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana@example.test')
      const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
      assert.equal(claims.username, UserSub)
      assert.deepEqual(await attributesOf(server(), accessToken), { email: 'ana@example.test', email_verified: 'true' })
    })

    it('are e-mail addresses or phone numbers in a pool with both username attributes', async () => {
      const pool = { UsernameAttributes: ['email' as const, 'phone_number' as const], ...sms }
      const { clientId } = await server().givenPool({ pool })
      await assert.rejects(signUp(server(), clientId, 'ana'), { message: 'Username should be either an email or a phone number.' })
      await signUp(server(), clientId, 'ana@example.test')
      await signUp(server(), clientId, '+15550001234', { email: 'bob@example.test' })
      await assert.rejects(signUp(server(), clientId, 'bob@example.test'), {
        message: 'An account with the given email already exists.',
      })
      const byPhone = await server().givenPool({ pool: { UsernameAttributes: ['phone_number'] } })
      await assert.rejects(signUp(server(), byPhone.clientId, 'ana@example.test'), { message: 'Username should be a phone number.' })
    })

    it('are refused if they are addresses and the request has a different address in the attribute', async () => {
      const { clientId } = await server().givenPool({ pool: { UsernameAttributes: ['email'], ...verifiesEmail } })
      await assert.rejects(signUp(server(), clientId, 'victim@example.test', { email: 'thief@example.test' }), {
        name: 'InvalidParameterException',
        message: 'User email should be empty or same as username, since username attribute is email.',
      })
      await signUp(server(), clientId, 'ana@example.test', { email: 'ana@example.test' })
      const byPhone = await server().givenPool({ pool: { UsernameAttributes: ['phone_number'], ...sms } })
      const other = { phone_number: '+15550009999' }
      const message = 'User phone_number should be empty or same as username, since username attribute is phone_number.'
      await assert.rejects(signUp(server(), byPhone.clientId, '+15550001234', other), { name: 'InvalidParameterException', message })
      const byAdministrator = adminCreateSilently(server(), byPhone.poolId, '+15550001234', { attributes: other })
      await assert.rejects(byAdministrator, { name: 'InvalidParameterException', message })
    })

    it('are refused as usernames if they look like addresses of a kind that can be an alias in the pool', async () => {
      const pool = { AliasAttributes: ['email' as const, 'phone_number' as const], ...sms }
      const { clientId } = await server().givenPool({ pool })
      await assert.rejects(signUp(server(), clientId, 'ana@example.test'), {
        name: 'InvalidParameterException',
        message: 'Username cannot be of email format, since user pool is configured for email alias.',
      })
      await assert.rejects(signUp(server(), clientId, '+15550001234'), { name: 'InvalidParameterException' })
    })

    it('include a unique preferred username, which only a confirmed user can set and sign in with', async () => {
      const pool = { AliasAttributes: ['preferred_username' as const], ...verifiesEmail }
      const ids = await server().givenPool({ pool })
      await assert.rejects(signUp(server(), ids.clientId, 'ana', { preferred_username: 'nan' }), {
        name: 'InvalidParameterException',
        message:
          'Preferred username cannot be provided for unconfirmed account., since user pool is configured for preferred username alias.',
      })
      const ana = await givenSignedInUser(server(), ids, 'ana', { email: 'ana@example.test' })
      const bob = await givenSignedInUser(server(), ids, 'bob', { email: 'bob@example.test' })
      await update(server(), ana.accessToken, { preferred_username: 'nan' })
      await signInByPassword(server(), ids.clientId, 'nan')
      const aliasTaken = { name: 'AliasExistsException', message: 'An account with the given preferred_username already exists.' }
      await assert.rejects(update(server(), bob.accessToken, { preferred_username: 'nan' }), aliasTaken)
      // Another user's username or sub is refused as a preferred username, and another user's preferred username as a username.
      await assert.rejects(update(server(), bob.accessToken, { preferred_username: 'ana' }), aliasTaken)
      await assert.rejects(update(server(), bob.accessToken, { preferred_username: ana.sub }), aliasTaken)
      await assert.rejects(signUp(server(), ids.clientId, 'nan'), taken)
      await update(server(), bob.accessToken, { preferred_username: 'bob' })
    })

    it('include a preferred username for exactly one of many users who set it at the same time', async () => {
      const ids = await server().givenPool({ pool: { AliasAttributes: ['preferred_username'], ...verifiesEmail } })
      const tokens: string[] = []
      for (const name of ['ana', 'bob', 'cem', 'dee']) {
        tokens.push((await givenSignedInUser(server(), ids, name, { email: `${name}@example.test` })).accessToken)
      }
      const outcomes = await Promise.allSettled(tokens.map((token) => update(server(), token, { preferred_username: 'star' })))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const outcome of outcomes) if (outcome.status === 'rejected') assert.equal(outcome.reason.name, 'AliasExistsException')
    })

    it('may be long and unusual, but not contain white space or control characters', async () => {
      const { clientId } = await server().givenPool()
      const long = '\u{1f600}'.repeat(64)
      await signUp(server(), clientId, long)
      await assert.rejects(signUp(server(), clientId, long), taken)
      for (const name of ['__proto__', 'constructor', "'; drop table user; --", '%', '\u0130'])
        await signUp(server(), clientId, name.replaceAll(' ', '_'))
      for (const name of ['two words', 'a\u0000b', 'a\nb', '\ud800', 'x'.repeat(129), '']) {
        await assert.rejects(signUp(server(), clientId, name), { name: 'InvalidParameterException' })
      }
    })
  })
}
