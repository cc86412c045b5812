import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListUsersCommand, type SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreate, adminCreateSilently, adminGet, adminUpdate, valuesOf } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { respond } from '../../support/mfa.ts'
import { sentTo } from '../../support/self-service.ts'
import { claimsOf, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const temporary = 'Temporary-1'
const invalid = (message: string | RegExp) => ({ name: 'InvalidParameterException', message })

for (const engine of engines) {
  describe(`AdminCreateUser on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('answers with a user who must choose a password, as AdminGetUser does', async () => {
      const { poolId } = await server().givenPool()
      const before = Math.floor(server().clock.now() / 1000) * 1000
      const user = await adminCreateSilently(server(), poolId, 'ana', { attributes: { email: 'ana@example.test', name: 'Ana' } })

      assert.match(user.attributes['sub'] ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.deepEqual(Object.keys(user).sort(), [
        'Attributes',
        'Enabled',
        'UserCreateDate',
        'UserLastModifiedDate',
        'UserStatus',
        'Username',
        'attributes',
      ])
      assert.deepEqual([user.Username, user.UserStatus, user.Enabled], ['ana', 'FORCE_CHANGE_PASSWORD', true])
      assert.ok(Number(user.UserCreateDate) >= before)
      assert.deepEqual(user.UserLastModifiedDate, user.UserCreateDate)
      const { Attributes, ...same } = user
      assert.deepEqual(await adminGet(server(), poolId, 'ana'), same)
      assert.deepEqual(Object.keys(same.attributes).toSorted(), ['email', 'name', 'sub'])
    })

    it('adds no verified flag that was not sent: answers, challenges and tokens show none', async () => {
      const { poolId, clientId } = await server().givenPool()
      const attributes = { email: 'ana@example.test', phone_number: '+15550001234' }
      await adminCreateSilently(server(), poolId, 'ana', { attributes, TemporaryPassword: temporary })
      const { sub, ...shown } = (await adminGet(server(), poolId, 'ana')).attributes
      assert.deepEqual(shown, attributes)
      const { Users = [] } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
      assert.deepEqual(
        Users.map((user) => valuesOf(user.Attributes)),
        [{ sub, ...attributes }],
      )
      const asked = await signInByPassword(server(), clientId, 'ana', temporary)
      assert.deepEqual(JSON.parse(asked.ChallengeParameters?.['userAttributes'] ?? ''), attributes)
      const answer = { USERNAME: 'ana', NEW_PASSWORD: goodPassword }
      const { AuthenticationResult } = await respond(server(), clientId, 'NEW_PASSWORD_REQUIRED', asked.Session, answer)
      const claims = claimsOf(AuthenticationResult?.IdToken ?? '')
      assert.deepEqual([claims['email'], claims['phone_number']], Object.values(attributes))
      assert.deepEqual(
        Object.keys(claims).filter((name) => name.endsWith('_verified')),
        [],
      )
      // A later change of the e-mail address adds `email_verified`, with the value `false`.
      await adminUpdate(server(), poolId, 'ana', { email: 'other@example.test' })
      assert.equal((await adminGet(server(), poolId, 'ana')).attributes['email_verified'], 'false')
    })

    it('adds no verified flag in a pool with addresses as usernames', async () => {
      const { poolId } = await server().givenPool({ pool: { UsernameAttributes: ['email'] } })
      const { sub: _sub, ...stored } = (await adminCreateSilently(server(), poolId, 'ana@example.test')).attributes
      assert.deepEqual(stored, { email: 'ana@example.test' })
    })

    it('lets the user sign in with the temporary password up to the NEW_PASSWORD_REQUIRED challenge', async () => {
      const { poolId, clientId } = await server().givenPool()
      await adminCreateSilently(server(), poolId, 'ana', { TemporaryPassword: temporary })
      assert.equal((await signInByPassword(server(), clientId, 'ana', temporary)).ChallengeName, 'NEW_PASSWORD_REQUIRED')
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Temporary-2'), { name: 'NotAuthorizedException' })
    })

    it('refuses a temporary password that the policy does not allow, and creates no user', async () => {
      const { poolId } = await server().givenPool()
      const weak = (TemporaryPassword: string) => adminCreate(server(), poolId, 'ana', { TemporaryPassword })
      await assert.rejects(weak('Short-1'), {
        name: 'InvalidPasswordException',
        message: 'Password did not conform with policy: Password not long enough',
      })
      await assert.rejects(weak('no-capital-7'), { name: 'InvalidPasswordException' })
      await assert.rejects(weak('x'), { name: /InvalidP/ })
      await assert.rejects(weak(' Outer-space-1 '), invalid(/temporaryPassword/))
      await assert.rejects(weak('A1-'.repeat(86)), invalid(/length less than or equal to 256/))
      await assert.rejects(adminGet(server(), poolId, 'ana'), { name: 'UserNotFoundException' })
    })

    it('stores every kind of attribute, including immutable and developer-only ones, and refuses malformed values', async () => {
      const Schema: SchemaAttributeType[] = [
        { Name: 'team', AttributeDataType: 'String', Mutable: false, StringAttributeConstraints: { MinLength: '2', MaxLength: '8' } },
        { Name: 'score', AttributeDataType: 'Number', DeveloperOnlyAttribute: true, NumberAttributeConstraints: { MaxValue: '10' } },
      ]
      const { poolId } = await server().givenPool({ pool: { Schema } })
      const attributes = {
        email: 'ana@example.test',
        email_verified: 'True',
        phone_number: '+15550001234',
        'custom:team': 'blue',
        'dev:custom:score': '10',
        given_name: 'ßtraße 🦊',
        nickname: '',
      }
      const { sub, ...stored } = (await adminCreateSilently(server(), poolId, 'ana', { attributes })).attributes
      assert.deepEqual(stored, {
        email: 'ana@example.test',
        email_verified: 'true',
        phone_number: '+15550001234',
        'custom:team': 'blue',
        'dev:custom:score': '10',
        given_name: 'ßtraße 🦊',
      })
      const refused = (name: string, value: string) => adminCreateSilently(server(), poolId, 'bob', { attributes: { [name]: value } })
      await assert.rejects(refused('custom:team', 'b'), invalid(/custom:team: String attributes cannot have a length of less than 2/))
      await assert.rejects(refused('custom:team', 'blue-green'), invalid(/cannot have a length of more than 8/))
      await assert.rejects(refused('dev:custom:score', '11'), invalid(/cannot have a value of more than 10/))
      await assert.rejects(refused('custom:score', '1'), invalid(/Type for attribute \{custom:score\} could not be determined/))
      await assert.rejects(refused('email', 'not an address'), invalid('Invalid email address format.'))
      await assert.rejects(refused('phone_number', '555'), invalid('Invalid phone number format.'))
      await assert.rejects(refused('birthdate', '1.1.2000'), invalid(/birthdate/))
    })

    it('refuses sub, flags without an address, and attributes that are not in the schema', async () => {
      const { poolId } = await server().givenPool()
      const refused = (attributes: Record<string, string>) => adminCreateSilently(server(), poolId, 'ana', { attributes })
      await assert.rejects(refused({ sub: 'mine' }), invalid('Cannot modify the non-mutable attribute sub'))
      await assert.rejects(refused({ email_verified: 'true' }), invalid('Email is required to verify/un-verify an email'))
      await assert.rejects(
        refused({ phone_number_verified: 'true', email: 'a@b.test' }),
        invalid('Phone Number is required to verify/un-verify a phone number'),
      )
      await assert.rejects(
        refused({ 'custom:none': 'x' }),
        invalid('Attributes did not conform to the schema: Type for attribute {custom:none} could not be determined'),
      )
      for (const name of ['constructor', 'toString', 'hasOwnProperty', 'identities'])
        await assert.rejects(refused({ [name]: 'x' }), invalid(/Type for/))
      const twice = [
        { Name: 'name', Value: 'a' },
        { Name: 'name', Value: 'b' },
      ]
      await assert.rejects(adminCreate(server(), poolId, 'ana', { UserAttributes: twice } as object), invalid(/more than once/))
      const proto = [{ Name: '__proto__', Value: 'x' }]
      await assert.rejects(adminCreate(server(), poolId, 'ana', { UserAttributes: proto } as object), invalid(/__proto__/))
      await assert.rejects(adminGet(server(), poolId, 'ana'), { name: 'UserNotFoundException' })
    })

    it('creates a user without required attributes, which the first sign-in asks for', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { Schema: [{ Name: 'family_name', Required: true }] } })
      await adminCreateSilently(server(), poolId, 'ana', { TemporaryPassword: temporary })
      const { ChallengeParameters } = await signInByPassword(server(), clientId, 'ana', temporary)
      assert.equal(ChallengeParameters?.['requiredAttributes'], '["userAttributes.family_name"]')
    })

    it('accepts ValidationData and ClientMetadata, which only triggers use', async () => {
      const { poolId } = await server().givenPool()
      const user = await adminCreateSilently(server(), poolId, 'ana', {
        ValidationData: [{ Name: 'from', Value: 'crm' }],
        ClientMetadata: { campaign: 'autumn' },
      })
      assert.deepEqual(Object.keys(user.attributes), ['sub'])
    })

    it('fails and creates no user when a trigger that it has to call cannot run', async () => {
      const arn = 'arn:aws:lambda:us-east-1:123456789012:function:ask'
      for (const LambdaConfig of [{ PreSignUp: arn }, { CustomMessage: arn }]) {
        const { poolId } = await server().givenPool({ pool: { LambdaConfig } })
        await assert.rejects(adminCreate(server(), poolId, 'ana', { attributes: { email: 'ana@example.test' } }), {
          name: 'UnexpectedLambdaException',
        })
        await assert.rejects(adminGet(server(), poolId, 'ana'), { name: 'UserNotFoundException' })
        assert.deepEqual(await sentTo(server(), poolId), [])
      }
      const { poolId } = await server().givenPool({ pool: { LambdaConfig: { CustomMessage: arn } } })
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { email: 'ana@example.test' } })
      await adminCreate(server(), poolId, 'bob')
    })

    it('names the pool in the error when the pool does not exist', async () => {
      await assert.rejects(adminCreate(server(), 'us-east-1_AAAAAAAAA', 'ana'), {
        name: 'ResourceNotFoundException',
        message: 'User pool us-east-1_AAAAAAAAA does not exist.',
      })
    })

    it('accepts unusual usernames and values; refuses null bytes, lone surrogates and too many characters in them', async () => {
      const { poolId } = await server().givenPool()
      for (const name of ['', 'a b', 'a\u0000b', '\ud800', 'x'.repeat(129), 'tab\t', 'line\n']) {
        await assert.rejects(adminCreate(server(), poolId, name), invalid(/username/i), JSON.stringify(name))
      }
      for (const name of ['__proto__', 'constructor', '\';drop/**/table"user";--', '🦊'.repeat(64), 'x'.repeat(128), '%_\\']) {
        const user = await adminCreateSilently(server(), poolId, name)
        assert.equal(user.Username, name)
        assert.equal((await adminGet(server(), poolId, name)).attributes['sub'], user.attributes['sub'])
      }
      const value = (text: string) => adminCreateSilently(server(), poolId, 'value', { attributes: { name: text } })
      await assert.rejects(value('a\u0000b'), invalid(/./))
      await assert.rejects(value('\udc00'), invalid(/./))
      await assert.rejects(value('x'.repeat(2049)), invalid(/2048/))
      assert.equal((await value('<b>&\u202e\u0007')).attributes['name'], '<b>&\u202e\u0007')
    })
  })
}
