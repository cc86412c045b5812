import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  type AdminCreateUserCommandInput,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  type InitiateAuthCommandOutput,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { attributeList, type Values } from '../../support/self-service.ts'
import { claimsOf, givenUser, goodPassword, signInByPassword, signInBySrp } from '../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { useAccessToken } from '../../support/tokens.ts'

const temporary = 'Temporary-1'
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const parameter = (message: string) => ({ name: 'InvalidParameterException', message })

for (const engine of engines) {
  describe(`NEW_PASSWORD_REQUIRED on ${engine.name}`, () => {
    const server = useTestServer(engine)

    function create(poolId: string, username: string, attributes: Values = {}, more: Partial<AdminCreateUserCommandInput> = {}) {
      const user = { UserPoolId: poolId, Username: username, TemporaryPassword: temporary, UserAttributes: attributeList(attributes) }
      return server().send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS', ...more }))
    }

    /** A user who has signed in with a temporary password, and the challenge NEW_PASSWORD_REQUIRED of that sign-in. */
    async function givenChallenge(options: TestPoolOptions = {}, attributes: Values = {}) {
      const ids = await server().givenPool(options)
      await create(ids.poolId, 'ana', attributes)
      const challenge = await signInByPassword(server(), ids.clientId, 'ana', temporary)
      assert.equal(challenge.ChallengeName, 'NEW_PASSWORD_REQUIRED')
      return { ...ids, challenge, session: challenge.Session ?? '' }
    }

    function answer(clientId: string, session: string | undefined, responses: Values = {}) {
      const ChallengeResponses = { USERNAME: 'ana', NEW_PASSWORD: goodPassword, ...responses }
      const request = { ClientId: clientId, ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: session, ChallengeResponses } as const
      return server().send(new RespondToAuthChallengeCommand(request))
    }

    const statusOf = async (poolId: string) =>
      (await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))).UserStatus

    const parametersOf = ({ ChallengeParameters = {} }: InitiateAuthCommandOutput) => {
      const { requiredAttributes = '', userAttributes = '', ...rest } = ChallengeParameters
      return { ...rest, requiredAttributes: JSON.parse(requiredAttributes), userAttributes: JSON.parse(userAttributes) }
    }

    it('is asked after a temporary password, whether it is sent or proven by SRP; the right answer returns tokens', async () => {
      const { poolId, clientId, session, challenge } = await givenChallenge()
      assert.deepEqual(parametersOf(challenge), { USER_ID_FOR_SRP: 'ana', requiredAttributes: [], userAttributes: {} })
      assert.equal(challenge.AuthenticationResult, undefined)
      assert.match(session, /^AYABe[\w-]{15,2043}$/)
      const bySrp = await signInBySrp(server(), { poolId, clientId }, 'ana', temporary)
      assert.equal(bySrp.ChallengeName, 'NEW_PASSWORD_REQUIRED')
      assert.equal(await statusOf(poolId), 'FORCE_CHANGE_PASSWORD')

      const reply = await answer(clientId, bySrp.Session)
      assert.deepEqual(reply.ChallengeParameters, {})
      await useAccessToken(server(), reply.AuthenticationResult?.AccessToken ?? '')
      assert.equal(await statusOf(poolId), 'CONFIRMED')
      await signInByPassword(server(), clientId, 'ana')
      await signInBySrp(server(), { poolId, clientId }, 'ana')
      await assert.rejects(signInByPassword(server(), clientId, 'ana', temporary), { name: 'NotAuthorizedException' })
      await assert.rejects(answer(clientId, session), invalid, 'the Session of another sign-in outlives the temporary password')
    })

    it('lists the user’s attributes that the client may read', async () => {
      const options = { client: { ReadAttributes: ['email', 'email_verified', 'custom:level'] } }
      const Schema = [{ Name: 'level', AttributeDataType: 'Number' as const, Mutable: true }]
      const attributes = { email: 'ana@example.test', email_verified: 'true', 'custom:level': '7', name: 'Ana' }
      const { challenge } = await givenChallenge({ pool: { Schema }, ...options }, attributes)
      const { userAttributes } = parametersOf(challenge)
      assert.deepEqual(userAttributes, { email: 'ana@example.test', email_verified: 'true', 'custom:level': '7' })
    })

    it('asks for missing required attributes, and rejects an answer without them', async () => {
      const known = { email: 'ana@example.test', email_verified: 'true' }
      const required = ['family_name', 'given_name', 'email'].map((Name) => ({ Name, Required: true, Mutable: true }))
      const { poolId, clientId, session, challenge } = await givenChallenge({ pool: { Schema: required } }, known)
      const asked = ['userAttributes.family_name', 'userAttributes.given_name']
      const { requiredAttributes, userAttributes } = parametersOf(challenge)
      assert.deepEqual(requiredAttributes.toSorted(), asked)
      // Clients build their input forms from these attributes, so the missing ones are listed as well.
      assert.deepEqual(userAttributes, { ...known, family_name: '', given_name: '' })

      const missing = 'Invalid attributes given, family_name is missing'
      await assert.rejects(answer(clientId, session), {
        name: 'InvalidParameterException',
        message: /^Invalid attributes given, \w+ is missing$/,
      })
      await assert.rejects(answer(clientId, session, { 'userAttributes.given_name': 'Ana' }), parameter(missing))
      const blank = { 'userAttributes.given_name': 'Ana', 'userAttributes.family_name': '' }
      await assert.rejects(answer(clientId, session, blank), parameter(missing))
      assert.equal(await statusOf(poolId), 'FORCE_CHANGE_PASSWORD')

      const given = { 'userAttributes.given_name': 'Ana', 'userAttributes.family_name': 'Alvarez', 'userAttributes.nickname': 'Annie' }
      const { AuthenticationResult: tokens } = await answer(clientId, session, given)
      const { family_name: family, given_name: name, nickname } = claimsOf(tokens?.IdToken ?? '')
      assert.deepEqual([family, name, nickname], ['Alvarez', 'Ana', 'Annie'])
    })

    it('does not ask for immutable attributes', async () => {
      const Schema = [
        { Name: 'given_name', Required: true, Mutable: false },
        { Name: 'nickname', Required: true, Mutable: true },
      ]
      const { challenge } = await givenChallenge({ pool: { Schema } })
      const { requiredAttributes, userAttributes } = parametersOf(challenge)
      assert.deepEqual([requiredAttributes, userAttributes], [['userAttributes.nickname'], { nickname: '' }])
    })

    it('rejects attributes that have a value already, are unknown or immutable, or that users or this client may not write', async () => {
      const Schema = [
        { Name: 'fixed', AttributeDataType: 'String' as const, Mutable: false },
        { Name: 'score', AttributeDataType: 'String' as const, Mutable: true, DeveloperOnlyAttribute: true },
      ]
      const options = { pool: { Schema }, client: { WriteAttributes: ['name', 'email', 'custom:fixed'] } }
      const { clientId, session } = await givenChallenge(options, { email: 'ana@example.test' })
      const attempt = (name: string, value = 'x') => answer(clientId, session, { [`userAttributes.${name}`]: value })
      const provided = { name: 'NotAuthorizedException', message: 'Cannot modify an already provided email' }
      await assert.rejects(attempt('email', 'other@example.test'), provided)
      await assert.rejects(attempt('email', 'ana@example.test'), provided)
      for (const name of ['sub', 'email_verified', 'phone_number_verified'])
        await assert.rejects(attempt(name, 'true'), parameter(`Cannot modify the non-mutable attribute ${name}`))
      await assert.rejects(attempt('custom:fixed'), parameter('user.custom:fixed: Attribute cannot be updated.\n'))
      const unauthorized = { name: 'NotAuthorizedException', message: 'A client attempted to write unauthorized attribute' }
      const unknownNames = ['custom:none', 'constructor', '__proto__', '']
      for (const name of ['nickname', 'dev:custom:score', ...unknownNames]) await assert.rejects(attempt(name), unauthorized, name)
      const anything = await givenChallenge()
      for (const name of unknownNames) {
        const unknown = `Attributes did not conform to the schema: Type for attribute {${name}} could not be determined`
        await assert.rejects(answer(anything.clientId, anything.session, { [`userAttributes.${name}`]: 'x' }), parameter(unknown), name)
      }
      await answer(clientId, session, { 'userAttributes.name': 'Ana', unrelated: 'ignored' })
    })

    it('rejects a preferred username that is the sub or username of another user', async () => {
      const { poolId, clientId, session } = await givenChallenge({ pool: { AliasAttributes: ['preferred_username'] } })
      await create(poolId, 'bob')
      const bob = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'bob' }))
      const sub = bob.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value ?? ''
      for (const name of [sub, 'bob']) {
        await assert.rejects(answer(clientId, session, { 'userAttributes.preferred_username': name }), { name: 'AliasExistsException' })
        const found = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: name }))
        assert.equal(found.Username, 'bob')
      }
      await answer(clientId, session, { 'userAttributes.preferred_username': 'anna' })
    })

    it('rejects malformed and overlong values of attributes, and leaves a new e-mail address unverified', async () => {
      const { clientId, session } = await givenChallenge()
      const attempt = (name: string, value: string) => answer(clientId, session, { [`userAttributes.${name}`]: value })
      await assert.rejects(attempt('email', 'not an address'), parameter('Invalid email address format.'))
      await assert.rejects(attempt('phone_number', '12'), parameter('Invalid phone number format.'))
      await assert.rejects(attempt('name', 'x'.repeat(2049)), { name: 'InvalidParameterException' })
      const { AuthenticationResult: tokens } = await attempt('email', 'ana@example.test')
      assert.equal(claimsOf(tokens?.IdToken ?? '')['email_verified'], false)
    })

    it('requires the new password to follow the policy, but accepts the temporary password as the new one', async () => {
      const { clientId, session } = await givenChallenge()
      const weak = {
        name: 'InvalidPasswordException',
        message: 'Password does not conform to policy: Password must have numeric characters',
      }
      await assert.rejects(answer(clientId, session, { NEW_PASSWORD: 'Weak-password' }), weak)
      await assert.rejects(answer(clientId, session, { NEW_PASSWORD: '' }), parameter('Missing required parameter NEW_PASSWORD'))
      await answer(clientId, session, { NEW_PASSWORD: temporary })
      await signInByPassword(server(), clientId, 'ana', temporary)
    })

    it('rejects passwords that the user had before the temporary one, where the pool keeps a password history', async () => {
      const PasswordPolicy = { MinimumLength: 8, PasswordHistorySize: 2 }
      const { poolId, clientId } = await server().givenPool({ pool: { Policies: { PasswordPolicy } } })
      await givenUser(server(), poolId, 'ana')
      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: temporary, Permanent: false }))
      const { Session: session } = await signInByPassword(server(), clientId, 'ana', temporary)
      await assert.rejects(answer(clientId, session), { name: 'PasswordHistoryPolicyViolationException' })
      await answer(clientId, session, { NEW_PASSWORD: temporary })
      await signInByPassword(server(), clientId, 'ana', temporary)
    })

    it('accepts a Session only once', async () => {
      const { clientId, session } = await givenChallenge()
      await answer(clientId, session)
      await assert.rejects(answer(clientId, session), used)
      await assert.rejects(answer(clientId, session, { NEW_PASSWORD: 'Another-horse-8' }), used)
      await signInByPassword(server(), clientId, 'ana')
    })

    it('accepts only one of several simultaneous answers with one Session', async () => {
      const { clientId, session } = await givenChallenge()
      const passwords = ['First-horse-1', 'Second-horse-2', 'Third-horse-3']
      const outcomes = await Promise.allSettled(passwords.map((password) => answer(clientId, session, { NEW_PASSWORD: password })))
      const winners = passwords.filter((_, index) => outcomes[index]?.status === 'fulfilled')
      assert.equal(winners.length, 1)
      for (const outcome of outcomes) if (outcome.status === 'rejected') assert.equal(outcome.reason.message, used.message)
      await signInByPassword(server(), clientId, 'ana', winners[0])
    })

    it('accepts only one answer when two sign-ins answer at the same time', async () => {
      const { clientId, session } = await givenChallenge()
      const { Session: second } = await signInByPassword(server(), clientId, 'ana', temporary)
      const outcomes = await Promise.allSettled([session, second].map((each) => answer(clientId, each)))
      assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    })
  })
}
