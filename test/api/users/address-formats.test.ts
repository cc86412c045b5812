import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently, adminGet, adminUpdate } from '../../support/administration.ts'
import { correct, givenCorrectingPool, refusalOf, signUpForSession } from '../../support/contact-correction.ts'
import { engines } from '../../support/engines.ts'
import { csv, importFile, keyOf, logOf } from '../../support/imports.ts'
import { givenMfaPool, respond, SmsConfiguration } from '../../support/mfa.ts'
import { attributeList, givenSignedInUser, type PoolAndClient, sentTo, signUp, update, type Values } from '../../support/self-service.ts'
import { givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'
import { answering, givenPoolWithEvery } from '../../support/user-triggers.ts'

const aliasPool = { AliasAttributes: ['email' as const, 'preferred_username' as const], AutoVerifiedAttributes: ['email' as const] }

/** Addresses that look like `ana@example.test` to a reader, or whose characters are displayed in another order. */
const lookalikes = [
  'a\u200bna@example.test', // zero width space
  'ana\u200d@example.test', // zero width joiner
  '\u202eana@example.test', // right-to-left override
  'a\u2066na@example.test', // left-to-right isolate
  'a\u00adna@example.test', // soft hyphen
  'ana\ufeff@example.test', // byte order mark
  'a\u034fna@example.test', // combining grapheme joiner
  'ana\u3164@example.test', // hangul filler, a letter
  'ana\u00a0@example.test', // no-break space
  'ana\u2003@example.test', // em space
  'ana@exam\u200bple.test',
  'ana@example\u3164.test',
  'ana@example.test\u2060', // word joiner
]
/** A few of `lookalikes`, for operations that limit the number of attempts. */
const few = lookalikes.slice(0, 3)
const wrongFormat = /^Invalid email address format\.$/
const addressLike = /^Preferred username cannot be of email format, since user pool is configured for email alias\.$/

for (const engine of engines) {
  describe(`The check of address formats on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const newUser = (poolId: string, username: string, values: Values = {}) =>
      server().send(
        new AdminCreateUserCommand({
          UserPoolId: poolId,
          Username: username,
          TemporaryPassword: goodPassword,
          MessageAction: 'SUPPRESS',
          UserAttributes: attributeList(values),
        }),
      )

    /** Ways to give a user attributes. Each prepares a user in the pool, and returns a function that tries once to set the given values. */
    const ways: Readonly<Record<string, (ids: PoolAndClient) => Promise<(values: Values) => Promise<unknown>>>> = {
      AdminCreateUser:
        async ({ poolId }) =>
        (values) =>
          newUser(poolId, 'cleo', values),
      AdminUpdateUserAttributes: async ({ poolId }) => {
        await adminCreateSilently(server(), poolId, 'bob')
        return (values) => adminUpdate(server(), poolId, 'bob', values)
      },
      UpdateUserAttributes: async (ids) => {
        const { accessToken } = await givenSignedInUser(server(), ids, 'bob', { email: 'bob@example.test' })
        return (values) => update(server(), accessToken, values)
      },
      NEW_PASSWORD_REQUIRED: async ({ poolId, clientId }) => {
        await newUser(poolId, 'bob')
        return async (values) => {
          const { Session } = await signInByPassword(server(), clientId, 'bob')
          const named = Object.fromEntries(Object.entries(values).map(([name, value]) => [`userAttributes.${name}`, value]))
          return respond(server(), clientId, 'NEW_PASSWORD_REQUIRED', Session, { USERNAME: 'bob', NEW_PASSWORD: goodPassword, ...named })
        }
      },
      'a user import':
        async ({ poolId }) =>
        async (values) => {
          const row = { email: 'cleo@example.test', ...values, email_verified: 'true', 'cognito:username': 'cleo' }
          const job = await importFile(server(), poolId, csv(Object.keys(row).join(','), Object.values(row).join(',')))
          const [line = ''] = await logOf(server(), keyOf(job))
          if (!line.startsWith('[SUCCEEDED]')) throw new Error(line.replace('[FAILED] Line Number 2 - ', ''))
        },
    }
    async function givenMigration() {
      let userAttributes: Values = {}
      const UserMigration = (event: TriggerEvent) =>
        answering({ userAttributes, finalUserStatus: 'CONFIRMED', messageAction: 'SUPPRESS' })(event)
      const ids = await givenPoolWithEvery(server(), endpoint, { UserMigration }, { pool: aliasPool })
      const attempt = (values: Values) => {
        userAttributes = values
        return signInByPassword(server(), ids.clientId, 'cleo')
      }
      return { ...ids, attempt }
    }

    for (const [way, prepare] of Object.entries(ways)) {
      it(`refuses an address with invisible characters in ${way}`, async () => {
        const ids = await server().givenPool({ pool: aliasPool })
        const attempt = await prepare(ids)
        const before = await sentTo(server(), ids.poolId)
        for (const email of lookalikes) await assert.rejects(attempt({ email }), { message: wrongFormat }, JSON.stringify(email))
        assert.deepEqual(await sentTo(server(), ids.poolId), before)
      })

      it(`refuses a preferred username that looks like an address in ${way}`, async () => {
        const ids = await server().givenPool({ pool: aliasPool })
        const attempt = await prepare(ids)
        for (const name of ['ana@example.test', ...lookalikes, 'ana\uff20example.test']) {
          await assert.rejects(attempt({ preferred_username: name }), { message: addressLike }, JSON.stringify(name))
        }
        await attempt({ preferred_username: 'ana-example' })
      })
    }

    it('refuses an address with invisible characters in SignUp, as an attribute and as the username', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: aliasPool })
      const named = await server().givenPool({ pool: { UsernameAttributes: ['email'] } })
      const noAddress = { name: 'InvalidParameterException', message: /^(Username should be an email\.|1 validation error detected)/ }
      for (const email of lookalikes) {
        await assert.rejects(signUp(server(), clientId, 'cleo', { email }), { message: wrongFormat })
        await assert.rejects(signUp(server(), named.clientId, email), noAddress)
        await assert.rejects(newUser(named.poolId, email), noAddress)
      }
      assert.deepEqual(await sentTo(server(), poolId), [])
      assert.deepEqual(await sentTo(server(), named.poolId), [])
    })

    it('refuses an address with invisible characters in CorrectSignUpContact and in MFA_SETUP', async () => {
      const { poolId, clientId } = await givenCorrectingPool(server())
      const { session } = await signUpForSession(server(), clientId, 'bob', { email: 'bob@example.test' })
      const mfa = await givenMfaPool(server(), 'ON', ['email'])
      await givenUser(server(), mfa.poolId, 'bob')
      const asked = await signInByPassword(server(), mfa.clientId, 'bob')
      assert.equal(asked.ChallengeName, 'MFA_SETUP')
      for (const email of few) {
        const refusal = refusalOf(await correct(server(), clientId, 'bob', { session, value: email }))
        assert.equal(refusal, 'InvalidParameterException: Invalid email address format.')
        const answer = { USERNAME: 'bob', EMAIL: email }
        await assert.rejects(respond(server(), mfa.clientId, 'MFA_SETUP', asked.Session, answer), { message: wrongFormat })
      }
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up bob@example.test'])
      assert.deepEqual(await sentTo(server(), mfa.poolId), [])
    })

    it('refuses invisible characters in an address, and a preferred username like an address, from UserMigration', async () => {
      const { attempt, triggers, poolId } = await givenMigration()
      const refusal = (message: RegExp) => ({ name: 'InvalidLambdaResponseException', message })
      for (const email of few) await assert.rejects(attempt({ email }), refusal(wrongFormat))
      await assert.rejects(attempt({ preferred_username: 'ana@example.test' }), refusal(addressLike))
      assert.deepEqual(new Set(triggers.fired), new Set(['UserMigration_Authentication']))
      await attempt({ preferred_username: 'ana-example' })
      assert.equal((await adminGet(server(), poolId, 'ana-example')).Username, 'cleo')
    })

    it('refuses a username that looks like an address, even if invisible or full-width characters disguise it', async () => {
      const { clientId } = await server().givenPool({ pool: aliasPool })
      for (const name of ['ana\u3164@example.test', 'a\u034fna@example.test', 'ana\uff20example.test']) {
        const message = 'Username cannot be of email format, since user pool is configured for email alias.'
        await assert.rejects(signUp(server(), clientId, name), { name: 'InvalidParameterException', message })
      }
    })

    it('refuses a preferred username that looks like a phone number in a pool with phone numbers as aliases', async () => {
      const pool = { AliasAttributes: ['phone_number' as const, 'preferred_username' as const], SmsConfiguration }
      const { poolId } = await server().givenPool({ pool })
      const message = 'Preferred username cannot be of phone number format, since user pool is configured for phone_number alias.'
      for (const name of ['+15550100', '+1 555 0100', '+1555\u200b0100', '\uff0b15550100']) {
        await assert.rejects(newUser(poolId, 'ana', { preferred_username: name }), { name: 'InvalidParameterException', message })
      }
      await newUser(poolId, 'ana', { preferred_username: 'ana@example.test' })
    })

    it('accepts a preferred username that looks like an address if preferred usernames are no aliases in the pool', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email'] } })
      await newUser(poolId, 'ana', { preferred_username: 'ana@example.test' })
      await newUser(poolId, 'bob', { preferred_username: 'ana@example.test' })
    })

    it('accepts letters, digits and symbols of all scripts in addresses', async () => {
      const { poolId } = await server().givenPool({ pool: aliasPool })
      for (const [at, email] of ['josé@exämple.test', '用户@例子.test', 'a+b_c.d@ex-ample.test', 'नमन@example.test', 'x@y'].entries()) {
        await newUser(poolId, `user${at}`, { email })
        assert.equal((await adminGet(server(), poolId, `user${at}`)).attributes['email'], email)
      }
    })
  })
}
