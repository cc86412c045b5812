import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { attributeList, attributesOf, givenSignedInUser, signUp } from '../../support/self-service.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const schema = [
  { Name: 'email', AttributeDataType: 'String' as const, Required: true, Mutable: true },
  { Name: 'team', AttributeDataType: 'String' as const, Mutable: true, StringAttributeConstraints: { MinLength: '2', MaxLength: '4' } },
  { Name: 'level', AttributeDataType: 'Number' as const, Mutable: true, NumberAttributeConstraints: { MinValue: '1', MaxValue: '9' } },
  { Name: 'born', AttributeDataType: 'String' as const, Mutable: false },
  { Name: 'rank', AttributeDataType: 'String' as const, Mutable: true, DeveloperOnlyAttribute: true },
]
const pool = { Schema: schema, AutoVerifiedAttributes: ['email' as const] }
const email = 'ana@example.test'
const unauthorized = { name: 'NotAuthorizedException', message: 'A client attempted to write unauthorized attribute' }

for (const engine of engines) {
  describe(`The attributes in SignUp on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are stored if the schema allows them, even immutable ones', async () => {
      const ids = await server().givenPool({ pool })
      const values = {
        email,
        'custom:team': 'blue',
        'custom:level': '7',
        'custom:born': 'here',
        birthdate: '1990-02-28',
        name: 'Ana \u{1f600}',
      }
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', values)
      assert.deepEqual(await attributesOf(server(), accessToken), { ...values, email_verified: 'true' })
    })

    it('are refused if the schema does not allow them', async () => {
      const { clientId } = await server().givenPool({ pool })
      const refused = (attributes: Record<string, string>, message: string) =>
        assert.rejects(signUp(server(), clientId, 'ana', attributes), { name: 'InvalidParameterException', message })
      const nonconforming = 'Attributes did not conform to the schema: '
      await refused({}, `${nonconforming}email: The attribute is required\n`)
      await refused({ email: '' }, `${nonconforming}email: The attribute is required\n`)
      await refused({ email, 'custom:nope': 'x' }, `${nonconforming}Type for attribute {custom:nope} could not be determined`)
      await refused(
        { email, 'custom:team': 'longer' },
        `${nonconforming}custom:team: String attributes cannot have a length of more than 4`.concat('\n'),
      )
      await refused({ email: 'ana@' }, 'Invalid email address format.')
      await refused({ email, phone_number: '555' }, 'Invalid phone number format.')
    })

    it('are refused if only the server or a developer may write them', async () => {
      const { clientId } = await server().givenPool({ pool })
      for (const name of ['email_verified', 'phone_number_verified', 'sub', 'dev:custom:rank']) {
        await assert.rejects(signUp(server(), clientId, 'ana', { email, [name]: 'true' }), unauthorized)
      }
    })

    it('are refused if the client may not write them', async () => {
      const { clientId } = await server().givenPool({ pool, client: { WriteAttributes: ['email', 'custom:team'] } })
      await assert.rejects(signUp(server(), clientId, 'ana', { email, name: 'Ana' }), unauthorized)
      await signUp(server(), clientId, 'ana', { email, 'custom:team': 'blue' })
    })

    it('are checked against what the client may write before they are checked against the schema', async () => {
      const { clientId } = await server().givenPool({ pool, client: { WriteAttributes: ['email', 'custom:team'] } })
      for (const name of ['custom:nope', 'nope', 'phone_number', '__proto__']) {
        await assert.rejects(signUp(server(), clientId, 'ana', Object.fromEntries([[name, 'x']])), unauthorized)
      }
      await assert.rejects(signUp(server(), clientId, 'ana', { email, birthdate: 'soon' }), unauthorized)
    })

    it('are refused if their names are properties of JavaScript objects, or are given twice', async () => {
      const { clientId } = await server().givenPool({ pool })
      for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
        await assert.rejects(
          signUp(
            server(),
            clientId,
            'ana',
            Object.fromEntries([
              ['email', email],
              [name, 'x'],
            ]),
          ),
          {
            name: 'InvalidParameterException',
            message: `Attributes did not conform to the schema: Type for attribute {${name}} could not be determined`,
          },
        )
      }
      const twice = [...attributeList({ email }), ...attributeList({ email: 'thief@example.test' })]
      const request = { ClientId: clientId, Username: 'ana', Password: goodPassword, UserAttributes: twice }
      await assert.rejects(server().send(new SignUpCommand(request)), { name: 'InvalidParameterException' })
    })

    it('cause no internal error if they contain null bytes, lone surrogates or a great many characters', async () => {
      const ids = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], AliasAttributes: ['preferred_username'] } })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email, nickname: '\u{10ffff}'.repeat(1024) })
      for (const name of ['name', 'preferred_username', 'nickname', 'profile']) {
        for (const value of ['a\u0000b', '\ud800', '\u202e', 'x'.repeat(2048), '\u0301'.repeat(2048)]) {
          const outcome = await signUp(server(), ids.clientId, `bob${name.length}${value.length}${value.codePointAt(0)}`, {
            [name]: value,
          }).catch((error) => error.name)
          assert.notEqual(outcome, 'InternalErrorException')
          if (typeof outcome === 'string') assert.equal(outcome, 'InvalidParameterException')
        }
      }
      assert.equal((await attributesOf(server(), accessToken))['nickname'], '\u{10ffff}'.repeat(1024))
    })
  })
}
