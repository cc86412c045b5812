import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'
import { AdminUpdateUserAttributesCommand, VerifyUserAttributeCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently, adminGet, adminUpdate, outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const invalid = (message: string | RegExp) => ({ name: 'InvalidParameterException', message })
const aliasExists = (kind: string) => ({ name: 'AliasExistsException', message: `An account with the given ${kind} already exists.` })
const verifiesEmail = { AutoVerifiedAttributes: ['email' as const] }
const waits = { ...verifiesEmail, UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email' as const] } }

for (const engine of engines) {
  describe(`AdminUpdateUserAttributes on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const stored = async (poolId: string, name = 'ana') => {
      const { sub, ...attributes } = (await adminGet(server(), poolId, name)).attributes
      return attributes
    }

    it('sets and changes attributes, and removes those with an empty value', async () => {
      const Schema: SchemaAttributeType[] = [
        { Name: 'team', AttributeDataType: 'String', Mutable: true },
        { Name: 'score', AttributeDataType: 'Number', DeveloperOnlyAttribute: true, Mutable: true },
      ]
      const { poolId } = await server().givenPool({ pool: { Schema } })
      const { UserCreateDate } = await adminCreateSilently(server(), poolId, 'ana', { attributes: { name: 'Ana', nickname: 'A' } })
      server().clock.advance(1000)
      const { $metadata, ...answer } = await adminUpdate(server(), poolId, 'ana', {
        name: 'Anna',
        nickname: '',
        'custom:team': 'blue',
        'dev:custom:score': '7',
      })
      assert.deepEqual(answer, {})
      const user = await adminGet(server(), poolId, 'ana')
      assert.deepEqual(await stored(poolId), { name: 'Anna', 'custom:team': 'blue', 'dev:custom:score': '7' })
      assert.deepEqual(user.UserCreateDate, UserCreateDate)
      assert.ok(Number(user.UserLastModifiedDate) > Number(UserCreateDate))
    })

    it('changes nothing when one of the attributes is refused', async () => {
      const Schema: SchemaAttributeType[] = [{ Name: 'team', AttributeDataType: 'String', Mutable: false }]
      const { poolId } = await server().givenPool({ pool: { Schema } })
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { name: 'Ana', 'custom:team': 'blue' } })
      const refused = (changes: Record<string, string>) => adminUpdate(server(), poolId, 'ana', { name: 'Eve', ...changes })
      await assert.rejects(refused({ 'custom:team': 'red' }), invalid('user.custom:team: Attribute cannot be updated.\n'))
      await assert.rejects(refused({ 'custom:team': '' }), invalid('user.custom:team: Attribute cannot be updated.\n'))
      await assert.rejects(refused({ sub: 'x' }), invalid('Cannot modify the non-mutable attribute sub'))
      await assert.rejects(refused({ 'custom:none': 'x' }), invalid(/Type for attribute \{custom:none\} could not be determined/))
      await assert.rejects(refused({ constructor: 'x' }), invalid(/Type for attribute/))
      await assert.rejects(refused({ email: 'nobody' }), invalid('Invalid email address format.'))
      await assert.rejects(refused({ email_verified: 'true' }), invalid('Email is required to verify/un-verify an email'))
      await assert.rejects(
        refused({ phone_number_verified: 'false' }),
        invalid('Phone Number is required to verify/un-verify a phone number'),
      )
      await assert.rejects(refused({ email_verified: 'perhaps', email: 'a@b.test' }), invalid(/true or false/))
      await assert.rejects(refused({ family_name: 'a\u0000' }), invalid(/./))
      await assert.rejects(refused({ family_name: 'x'.repeat(2049) }), invalid(/./))
      const twice = [
        { Name: 'name', Value: 'Eve' },
        { Name: 'name', Value: 'Ana' },
      ]
      await assert.rejects(
        server().send(new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: 'ana', UserAttributes: twice })),
        invalid(/more than once/),
      )
      assert.deepEqual(await stored(poolId), { name: 'Ana', 'custom:team': 'blue' })
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('does not remove a required attribute, and does not demand one that the user never had', async () => {
      const { poolId } = await server().givenPool({ pool: { Schema: [{ Name: 'family_name', Required: true }] } })
      await adminCreateSilently(server(), poolId, 'ana')
      await adminUpdate(server(), poolId, 'ana', { name: 'Ana' })
      await adminUpdate(server(), poolId, 'ana', { family_name: 'A' })
      const gone = adminUpdate(server(), poolId, 'ana', { name: 'Eve', family_name: '' })
      await assert.rejects(gone, invalid('Attributes did not conform to the schema: family_name: The attribute is required\n'))
      assert.deepEqual(await stored(poolId), { name: 'Ana', family_name: 'A' })
    })

    it('sends a code to a new address that the pool verifies, unless the administrator sets it as verified', async () => {
      const { poolId } = await server().givenPool({ pool: verifiesEmail })
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { email: 'old@example.test', email_verified: 'true' } })
      await adminUpdate(server(), poolId, 'ana', { email: 'old@example.test', phone_number: '+15550001234' })
      assert.deepEqual(await sentTo(server(), poolId), [])
      assert.equal((await stored(poolId))['email_verified'], 'true')

      await adminUpdate(server(), poolId, 'ana', { email: 'new@example.test' })
      assert.deepEqual(await sentTo(server(), poolId), ['update-attribute new@example.test'])
      assert.deepEqual(await stored(poolId), {
        email: 'new@example.test',
        email_verified: 'false',
        phone_number: '+15550001234',
        phone_number_verified: 'false',
      })
      await adminUpdate(server(), poolId, 'ana', { email: 'newest@example.test', email_verified: 'TRUE' })
      assert.equal((await stored(poolId))['email_verified'], 'true')
      assert.equal((await sentTo(server(), poolId)).length, 1)
    })

    it('lets the user verify a new address with the code that was sent to it', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      await givenUser(server(), poolId, 'ana', { attributes: [{ Name: 'email', Value: 'old@example.test' }] })
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      await adminUpdate(server(), poolId, 'ana', { email: 'new@example.test' })
      const Code = await codeSentTo(server(), poolId, 'new@example.test')
      await server().send(new VerifyUserAttributeCommand({ AccessToken: accessToken, AttributeName: 'email', Code }))
      assert.deepEqual(await stored(poolId), { email: 'new@example.test', email_verified: 'true' })
    })

    it('invalidates the code that was sent to an address when another address replaces it', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: verifiesEmail })
      await givenUser(server(), poolId, 'ana', { attributes: [{ Name: 'email', Value: 'old@example.test' }] })
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      await adminUpdate(server(), poolId, 'ana', { email: 'new@example.test' })
      const Code = await codeSentTo(server(), poolId, 'new@example.test')
      await adminUpdate(server(), poolId, 'ana', { email: 'third@example.test', email_verified: 'true' })
      const late = server().send(new VerifyUserAttributeCommand({ AccessToken: accessToken, AttributeName: 'email', Code }))
      await assert.rejects(late, { name: 'ExpiredCodeException' })
      assert.deepEqual(await stored(poolId), { email: 'third@example.test', email_verified: 'true' })
    })

    it('keeps the old address until the new one is verified, if the pool requires verification first', async () => {
      const { poolId } = await server().givenPool({ pool: { ...waits, AliasAttributes: ['email'] } })
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { email: 'old@example.test', email_verified: 'true' } })
      await adminUpdate(server(), poolId, 'ana', { email: 'new@example.test', name: 'Ana' })
      assert.deepEqual(await stored(poolId), { email: 'old@example.test', email_verified: 'true', name: 'Ana' })
      assert.equal((await adminGet(server(), poolId, 'old@example.test')).Username, 'ana')
      assert.deepEqual(await sentTo(server(), poolId), ['update-attribute new@example.test'])

      await adminUpdate(server(), poolId, 'ana', { email: 'newest@example.test', email_verified: 'true' })
      assert.equal((await adminGet(server(), poolId, 'newest@example.test')).Username, 'ana')
      await assert.rejects(adminGet(server(), poolId, 'old@example.test'), { name: 'UserNotFoundException' })
      assert.equal((await sentTo(server(), poolId)).length, 1)
    })

    it('makes an address an alias while its verified flag is true, and refuses the alias of another user', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email', 'preferred_username'] } })
      await adminCreateSilently(server(), poolId, 'ana', {
        attributes: { email: 'one@example.test', email_verified: 'true', preferred_username: 'annie' },
      })
      await adminCreateSilently(server(), poolId, 'bob', { attributes: { email: 'one@example.test' } })
      await assert.rejects(adminUpdate(server(), poolId, 'bob', { email_verified: 'true' }), aliasExists('email'))
      await assert.rejects(adminUpdate(server(), poolId, 'bob', { preferred_username: 'annie' }), aliasExists('preferred_username'))
      await assert.rejects(adminUpdate(server(), poolId, 'bob', { preferred_username: 'ana' }), aliasExists('preferred_username'))
      await adminUpdate(server(), poolId, 'ana', { email_verified: 'false', preferred_username: '' })
      await adminUpdate(server(), poolId, 'bob', { email_verified: 'true', preferred_username: 'annie' })
      assert.equal((await adminGet(server(), poolId, 'one@example.test')).Username, 'bob')
      assert.equal((await adminGet(server(), poolId, 'annie')).Username, 'bob')
    })

    it('gives an alias to exactly one of many users who are changed at the same time', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['preferred_username'] } })
      const names = ['ana', 'bob', 'cid', 'dan', 'eve', 'fay']
      for (const name of names) await adminCreateSilently(server(), poolId, name)
      const attempts = names.map((name) => adminUpdate(server(), poolId, name, { preferred_username: 'chief' }))
      assert.deepEqual(await outcomes(attempts), [...Array(5).fill('AliasExistsException'), 'ok'])
      const holders = await Promise.all(names.map((name) => stored(poolId, name)))
      assert.equal(holders.filter((attributes) => attributes['preferred_username'] === 'chief').length, 1)
    })

    it('changes the address that is the username, but does not remove it', async () => {
      const { poolId } = await server().givenPool({ pool: { UsernameAttributes: ['email'], ...verifiesEmail } })
      const { Username = '' } = await adminCreateSilently(server(), poolId, 'ana@example.test')
      await adminCreateSilently(server(), poolId, 'bob@example.test')
      await assert.rejects(adminUpdate(server(), poolId, Username, { email: 'bob@example.test' }), aliasExists('email'))
      await assert.rejects(adminUpdate(server(), poolId, Username, { email: '' }), invalid(/email/))
      await adminUpdate(server(), poolId, 'ana@example.test', { email: 'anna@example.test' })
      assert.equal((await adminGet(server(), poolId, 'anna@example.test')).Username, Username)
      await assert.rejects(adminGet(server(), poolId, 'ana@example.test'), { name: 'UserNotFoundException' })
      assert.deepEqual(await sentTo(server(), poolId), ['update-attribute anna@example.test'])
    })

    it('fails when the CustomMessage trigger cannot run', async () => {
      const CustomMessage = 'arn:aws:lambda:us-east-1:123456789012:function:words'
      const { poolId } = await server().givenPool({ pool: { ...verifiesEmail, LambdaConfig: { CustomMessage } } })
      await adminCreateSilently(server(), poolId, 'ana')
      await assert.rejects(adminUpdate(server(), poolId, 'ana', { email: 'ana@example.test' }), { name: 'UnexpectedLambdaException' })
      await adminUpdate(server(), poolId, 'ana', { email: 'ana@example.test', email_verified: 'true' })
    })

    it('does not find an unknown user or a user of another pool', async () => {
      const one = await server().givenPool()
      const other = await server().givenPool()
      const { attributes } = await adminCreateSilently(server(), one.poolId, 'ana')
      for (const name of ['ana', attributes['sub'] ?? '']) {
        const attempt = adminUpdate(server(), other.poolId, name, { name: 'Eve' })
        await assert.rejects(attempt, { name: 'UserNotFoundException', message: 'User does not exist.' })
      }
      await assert.rejects(adminUpdate(server(), 'us-east-1_AAAAAAAAA', 'ana', { name: 'Eve' }), { name: 'ResourceNotFoundException' })
      assert.deepEqual(await stored(one.poolId), {})
    })
  })
}
