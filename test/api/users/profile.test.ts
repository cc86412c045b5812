import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ChangePasswordCommand,
  DeleteUserAttributesCommand,
  DeleteUserCommand,
  GetUserCommand,
  InitiateAuthCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { hourMs } from '../../../src/base/durations.ts'
import { engines } from '../../support/engines.ts'
import { attributesOf, codeSentTo, confirm, givenSignedInUser, sentTo, signUp, update } from '../../support/self-service.ts'
import { givenTokens, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const email = 'ana@example.test'
const pool = {
  AutoVerifiedAttributes: ['email' as const],
  Schema: [
    { Name: 'email', AttributeDataType: 'String' as const, Required: true, Mutable: true },
    { Name: 'team', AttributeDataType: 'String' as const, Mutable: true },
    { Name: 'born', AttributeDataType: 'String' as const, Mutable: false },
    { Name: 'rank', AttributeDataType: 'String' as const, Mutable: true, DeveloperOnlyAttribute: true },
  ],
}
const unauthorized = { name: 'NotAuthorizedException', message: 'A client attempted to write unauthorized attribute' }
const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

for (const engine of engines) {
  describe(`The profile of a signed-in user on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const givenAna = async (client: object = {}) => {
      const ids = await server().givenPool({ pool, client })
      return { ...ids, ...(await givenSignedInUser(server(), ids, 'ana', { email })) }
    }
    const remove = (accessToken: string, ...names: string[]) =>
      server().send(new DeleteUserAttributesCommand({ AccessToken: accessToken, UserAttributeNames: names }))

    it('shows the sub first, and no MFA settings', async () => {
      const { accessToken, sub } = await givenAna()
      const { $metadata, ...reply } = await server().send(new GetUserCommand({ AccessToken: accessToken }))
      assert.deepEqual(reply, {
        Username: 'ana',
        UserAttributes: [
          { Name: 'sub', Value: sub },
          { Name: 'email', Value: email },
          { Name: 'email_verified', Value: 'true' },
        ],
      })
    })

    it('shows only attributes that the client may read', async () => {
      const { accessToken } = await givenAna({ ReadAttributes: ['email', 'name'] })
      await update(server(), accessToken, { name: 'Ana', nickname: 'nan' })
      assert.deepEqual(await attributesOf(server(), accessToken), { email, name: 'Ana' })
    })

    it('is changed completely or not at all, and an empty value deletes an attribute', async () => {
      const { accessToken, poolId } = await givenAna()
      const { CodeDeliveryDetailsList } = await update(server(), accessToken, { name: 'Ana', 'custom:team': 'blue' })
      assert.deepEqual(CodeDeliveryDetailsList, [])
      const before = { email, email_verified: 'true', name: 'Ana', 'custom:team': 'blue' }
      assert.deepEqual(await attributesOf(server(), accessToken), before)
      await assert.rejects(update(server(), accessToken, { name: 'Eve', birthdate: 'soon' }), { name: 'InvalidParameterException' })
      assert.deepEqual(await attributesOf(server(), accessToken), before)
      await update(server(), accessToken, { name: '' })
      await server().send(new UpdateUserAttributesCommand({ AccessToken: accessToken, UserAttributes: [{ Name: 'custom:team' }] }))
      assert.deepEqual(await attributesOf(server(), accessToken), { email, email_verified: 'true' })
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
    })

    it('refuses changes that no user may make', async () => {
      const { accessToken } = await givenAna()
      const refused = (changes: Record<string, string>, message: string) =>
        assert.rejects(update(server(), accessToken, changes), { name: 'InvalidParameterException', message })
      const nonconforming = 'Attributes did not conform to the schema: '
      await refused({ email_verified: 'true' }, 'Cannot modify the non-mutable attribute email_verified')
      await refused({ email: 'thief@example.test', email_verified: 'true' }, 'Cannot modify the non-mutable attribute email_verified')
      await refused({ sub: 'other' }, 'Cannot modify the non-mutable attribute sub')
      await refused({ 'custom:born': 'there' }, 'user.custom:born: Attribute cannot be updated.\n')
      await refused({ email: '' }, `${nonconforming}email: The attribute is required\n`)
      await refused({ 'custom:nope': 'x' }, `${nonconforming}Type for attribute {custom:nope} could not be determined`)
      await assert.rejects(update(server(), accessToken, { 'dev:custom:rank': '1' }), unauthorized)
      for (const name of ['__proto__', 'constructor', 'toString']) {
        await refused(Object.fromEntries([[name, 'x']]), `${nonconforming}Type for attribute {${name}} could not be determined`)
        await assert.rejects(remove(accessToken, name), {
          name: 'InvalidParameterException',
          message: `Invalid user attributes: user.${name}: Attribute does not exist in the schema.\n`,
        })
      }
      const duplicates = [
        { Name: 'name', Value: 'Ana' },
        { Name: 'name', Value: 'Eve' },
      ]
      await assert.rejects(server().send(new UpdateUserAttributesCommand({ AccessToken: accessToken, UserAttributes: duplicates })), {
        name: 'InvalidParameterException',
      })
      for (const value of ['a\u0000b', '\ud800', 'x'.repeat(2049)]) {
        await assert.rejects(update(server(), accessToken, { name: value }), /Exception|Serialization/)
      }
      assert.deepEqual(await attributesOf(server(), accessToken), { email, email_verified: 'true' })
    })

    it('refuses attributes that the client may not write', async () => {
      const { accessToken } = await givenAna({ WriteAttributes: ['email', 'name'] })
      await update(server(), accessToken, { name: 'Ana' })
      await assert.rejects(update(server(), accessToken, { nickname: 'nan' }), unauthorized)
      await assert.rejects(remove(accessToken, 'nickname'), unauthorized)
      // What the client may write is checked before the schema.
      for (const name of ['custom:nope', 'constructor']) {
        await assert.rejects(update(server(), accessToken, { [name]: 'x' }), unauthorized)
        await assert.rejects(remove(accessToken, name), unauthorized)
      }
      await assert.rejects(update(server(), accessToken, { birthdate: 'soon' }), unauthorized)
    })

    it('deletes attributes, except required ones, unknown ones and those that only the server sets', async () => {
      const { accessToken } = await givenAna()
      await update(server(), accessToken, { name: 'Ana', nickname: 'nan', phone_number: '+15550001234' })
      await remove(accessToken, 'name', 'phone_number', 'gender')
      assert.deepEqual(await attributesOf(server(), accessToken), { email, email_verified: 'true', nickname: 'nan' })
      const refused = (name: string, message: string) =>
        assert.rejects(remove(accessToken, name), { name: 'InvalidParameterException', message })
      await refused('email', 'Attributes did not conform to the schema: email: The attribute is required\n')
      await refused('custom:x', 'Invalid user attributes: user.custom:x: Attribute does not exist in the schema.\n')
      await refused('sub', 'Cannot modify the non-mutable attribute sub')
      await refused('email_verified', 'Cannot modify the non-mutable attribute email_verified')
    })

    it('changes the password for a user who knows it, and keeps sessions valid', async () => {
      const { accessToken, clientId } = await givenAna()
      const change = (previous: string | undefined, proposed: string) =>
        server().send(
          new ChangePasswordCommand({
            AccessToken: accessToken,
            ProposedPassword: proposed,
            ...(previous === undefined ? {} : { PreviousPassword: previous }),
          }),
        )
      await assert.rejects(change(goodPassword, 'short-7A'.slice(0, 7)), {
        name: 'InvalidPasswordException',
        message: 'Password does not conform to policy: Password not long enough',
      })
      await assert.rejects(change('Wrong-horse-7', 'Other-horse-8'), incorrect)
      await assert.rejects(change(undefined, 'Other-horse-8'), incorrect)
      await change(goodPassword, 'Other-horse-8')
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), incorrect)
      await givenTokens(server(), clientId, 'ana', 'Other-horse-8')
      await attributesOf(server(), accessToken)
      await assert.rejects(change(goodPassword, 'Third-horse-9'), incorrect)
      await change('Other-horse-8', 'Third-horse-9')
      await assert.rejects(change('Third-horse-9', goodPassword), {
        name: 'LimitExceededException',
        message: 'Attempt limit exceeded, please try after some time.',
      })
      server().clock.advance(hourMs)
    })

    it('does not change the password to one in the password history', async () => {
      const poolWithHistory = { ...pool, Policies: { PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 2 } } }
      const ids = await server().givenPool({ pool: poolWithHistory })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      const change = (PreviousPassword: string, ProposedPassword: string) =>
        server().send(new ChangePasswordCommand({ AccessToken: accessToken, PreviousPassword, ProposedPassword }))
      const inHistory = { name: 'PasswordHistoryPolicyViolationException' }
      await assert.rejects(change('Wrong-horse-7', goodPassword), incorrect)
      await assert.rejects(change(goodPassword, goodPassword), inHistory)
      await change(goodPassword, 'Other-horse-8')
      await assert.rejects(change('Other-horse-8', goodPassword), inHistory)
      await change('Other-horse-8', 'Third-horse-9')
    })

    it('changes the password for only one of two concurrent requests', async () => {
      const { accessToken, clientId } = await givenAna()
      const change = (proposed: string) =>
        server().send(new ChangePasswordCommand({ AccessToken: accessToken, PreviousPassword: goodPassword, ProposedPassword: proposed }))
      const outcomes = await Promise.allSettled([change('First-horse-1'), change('Second-horse-2')])
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      await givenTokens(server(), clientId, 'ana', ['First-horse-1', 'Second-horse-2'][winner] ?? '')
    })

    it('is deleted with username, tokens and sessions', async () => {
      const { accessToken, refreshToken, clientId, poolId, sub } = await givenAna()
      await server().send(new DeleteUserCommand({ AccessToken: accessToken }))
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), {
        name: 'UserNotFoundException',
        message: 'User does not exist.',
      })
      await assert.rejects(server().send(new DeleteUserCommand({ AccessToken: accessToken })), { name: 'UserNotFoundException' })
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'UserNotFoundException' })
      const refresh = { ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH' as const, AuthParameters: { REFRESH_TOKEN: refreshToken } }
      await assert.rejects(server().send(new InitiateAuthCommand(refresh)), { name: 'NotAuthorizedException' })

      const again = await signUp(server(), clientId, 'ana', { email })
      assert.notEqual(again.UserSub, sub)
      await confirm(server(), clientId, 'ana', await codeSentTo(server(), poolId, email))
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), { name: 'UserNotFoundException' })
    })

    it('leaves no alias when it is deleted during a change', async () => {
      const ids = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], AliasAttributes: ['preferred_username'] } })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      await Promise.allSettled([
        ...Array.from({ length: 5 }, (_, i) => update(server(), accessToken, { preferred_username: `nan${i}` })),
        server().send(new DeleteUserCommand({ AccessToken: accessToken })),
      ])
      await assert.rejects(attributesOf(server(), accessToken), { name: 'UserNotFoundException' })
      const bob = await givenSignedInUser(server(), ids, 'bob', { email: 'bob@example.test' })
      for (let i = 0; i < 5; i++) await update(server(), bob.accessToken, { preferred_username: `nan${i}` })
    })
  })
}
