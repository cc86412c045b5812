import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type RawAnswer, rawCall } from '../../support/raw-call.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

/** The code and the message of an error. Asserts that the header and the body of the answer name the same code. */
function errorOf({ status, headers, body }: RawAnswer): { code: string; message: string } {
  assert.equal(status, 400, JSON.stringify(body))
  assert.equal(headers.get('x-amzn-errortype'), body['__type'])
  assert.ok(headers.get('x-amzn-requestid'))
  return { code: String(body['__type']), message: String(body['message']) }
}

for (const engine of engines) {
  describe(`an invalid value on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const call = (operation: string, body: unknown) => rawCall(server(), operation, body)
    const signUp = (clientId: string, members: object) =>
      call('SignUp', { ClientId: clientId, Username: 'ana', Password: goodPassword, ...members })

    async function namesIn(poolId: string): Promise<(string | undefined)[]> {
      const { Users = [] } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
      return Users.map(({ Username }) => Username).sort()
    }

    it('is rejected when it does not have the type that the API model demands', async () => {
      const { poolId, clientId } = await server().givenPool()
      const attribute = { Name: 'name', Value: 'Ana' }
      const wrong: readonly (readonly [string, object])[] = [
        ['SignUp', { ClientId: clientId, Username: 1, Password: goodPassword }],
        ['SignUp', { ClientId: clientId, Username: ['ana'], Password: goodPassword }],
        ['SignUp', { ClientId: clientId, Username: { S: 'ana' }, Password: goodPassword }],
        ['SignUp', { ClientId: true, Username: 'ana', Password: goodPassword }],
        ['SignUp', { ClientId: clientId, Username: 'ana', Password: goodPassword, UserAttributes: attribute }],
        ['SignUp', { ClientId: clientId, Username: 'ana', Password: goodPassword, UserAttributes: 'name' }],
        ['SignUp', { ClientId: clientId, Username: 'ana', Password: goodPassword, UserAttributes: [[attribute]] }],
        ['SignUp', { ClientId: clientId, Username: 'ana', Password: goodPassword, UserAttributes: [{ Name: 'name', Value: 7 }] }],
        ['InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: ['USERNAME', 'ana'] }],
        ['InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: { $ne: '' } } }],
        ['InitiateAuth', { ClientId: clientId, AuthFlow: 5 }],
        ['AdminSetUserPassword', { UserPoolId: poolId, Username: 'ana', Password: goodPassword, Permanent: 'yes please' }],
        ['ListUserPools', { MaxResults: '1' }],
        ['ListUserPools', { MaxResults: {} }],
        ['GetUser', { AccessToken: [] }],
      ]
      for (const [operation, body] of wrong) {
        const { code } = errorOf(await call(operation, body))
        assert.equal(code, 'SerializationException', `${operation} ${JSON.stringify(body)}`)
      }
      for (const number of ['1e999', '-1', '61', '9007199254740993', '1.5']) {
        const { code } = errorOf(await call('ListUserPools', `{"MaxResults":${number}}`))
        assert.match(code, /^(InvalidParameter|Serialization)Exception$/, number)
      }
      assert.deepEqual(await namesIn(poolId), [])
    })

    it('is rejected in every text when it contains a null character or a lone surrogate', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const { accessToken, refreshToken } = await givenTokens(server(), clientId, 'ana')
      for (const bad of ['\\u0000', 'a\\u0000b', '\\ud800', '\\udc00\\ud800', 'a\\udfff']) {
        const parameters = (members: string) => `{"ClientId":"${clientId}","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{${members}}}`
        const attributes = (name: string, value: string) => `"UserAttributes":[{"Name":"${name}","Value":"${value}"}]`
        const bodies: readonly (readonly [string, string])[] = [
          ['SignUp', `{"ClientId":"${clientId}","Username":"${bad}","Password":"${goodPassword}"}`],
          ['SignUp', `{"ClientId":"${clientId}","Username":"x","Password":"${goodPassword}${bad}"}`],
          ['SignUp', `{"ClientId":"${bad}","Username":"x","Password":"${goodPassword}"}`],
          ['SignUp', `{"ClientId":"${clientId}","Username":"x","Password":"${goodPassword}",${attributes('name', bad)}}`],
          ['SignUp', `{"ClientId":"${clientId}","Username":"x","Password":"${goodPassword}",${attributes(bad, 'x')}}`],
          ['SignUp', `{"ClientId":"${clientId}","Username":"x","Password":"${goodPassword}","ClientMetadata":{"${bad}":"x"}}`],
          ['InitiateAuth', parameters(`"USERNAME":"${bad}","PASSWORD":"x"`)],
          ['InitiateAuth', parameters(`"USERNAME":"ana","PASSWORD":"${bad}"`)],
          ['InitiateAuth', parameters(`"USERNAME":"ana","PASSWORD":"x","${bad}":"x"`)],
          ['AdminGetUser', `{"UserPoolId":"${poolId}","Username":"${bad}"}`],
          ['AdminGetUser', `{"UserPoolId":"${bad}","Username":"ana"}`],
          ['ListUsers', `{"UserPoolId":"${poolId}","Filter":"username = \\"${bad}\\""}`],
          ['ListUsers', `{"UserPoolId":"${poolId}","PaginationToken":"${bad}"}`],
          ['UpdateUserAttributes', `{"AccessToken":"${accessToken}",${attributes('name', bad)}}`],
          ['GetUser', `{"AccessToken":"${bad}"}`],
          ['RevokeToken', `{"ClientId":"${clientId}","Token":"${refreshToken}${bad}"}`],
          ['ConfirmSignUp', `{"ClientId":"${clientId}","Username":"ana","ConfirmationCode":"${bad}"}`],
          ['CreateUserPool', `{"PoolName":"${bad}"}`],
        ]
        for (const [operation, body] of bodies) {
          const { code, message } = errorOf(await call(operation, body))
          assert.equal(code, 'InvalidParameterException', `${operation} ${body}`)
          assert.ok(message.isWellFormed())
        }
      }
      assert.deepEqual(await namesIn(poolId), ['ana'])
    })

    it('is rejected as a username when it contains control characters, spaces or direction marks', async () => {
      const { poolId, clientId } = await server().givenPool()
      const pattern = 'Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+'
      for (const name of [
        'ana\u0007',
        'ana\n',
        '\tana',
        'a na',
        'ana\u202e',
        'ana\u00a0',
        '\u200bana',
        'ana\u007f',
        '\ufeffana',
        'ana\ue000',
      ]) {
        const { code, message } = errorOf(await signUp(clientId, { Username: name }))
        assert.deepEqual([code, message.includes(pattern)], ['InvalidParameterException', true], JSON.stringify(name))
      }
      assert.deepEqual(await namesIn(poolId), [])
    })

    it('is rejected as a username when it is empty or longer than 128 characters, and accepted up to that length', async () => {
      const { poolId, clientId } = await server().givenPool()
      const fits = ['x'.repeat(128), '\u{1f600}'.repeat(64), `a${'\u0301'.repeat(127)}`, '\u4e00'.repeat(128)]
      for (const name of fits) {
        const { status, text } = await signUp(clientId, { Username: name })
        assert.equal(status, 200, `${name.slice(0, 3)} ${text}`)
        const { Username } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: name }))
        assert.equal(Username, name)
      }
      for (const name of fits.map((fitting) => `${fitting}\u{1f600}`)) {
        const { message } = errorOf(await signUp(clientId, { Username: name }))
        assert.match(message, /Member must have length less than or equal to 128$/)
      }
      assert.match(errorOf(await signUp(clientId, { Username: 'x'.repeat(400_000) })).message, /less than or equal to 128/)
      assert.match(errorOf(await signUp(clientId, { Username: '' })).message, /greater than or equal to 1/)
      assert.equal((await namesIn(poolId)).length, fits.length)
    })

    it('is rejected as an attribute when it is too long, and accepted up to the limit', async () => {
      const { poolId, clientId } = await server().givenPool()
      const attribute = (value: string) => [{ Name: 'name', Value: value }]
      assert.equal((await signUp(clientId, { Username: 'fits', UserAttributes: attribute('\u{1f600}'.repeat(1024)) })).status, 200)
      for (const value of [`${'\u{1f600}'.repeat(1024)}x`, 'x'.repeat(100_000)])
        assert.equal(errorOf(await signUp(clientId, { UserAttributes: attribute(value) })).code, 'InvalidParameterException')
      assert.deepEqual(await namesIn(poolId), ['fits'])
    })

    it('has no effect when a key has a meaning in JavaScript, such as __proto__', async () => {
      const { poolId, clientId } = await server().givenPool()
      const polluting = `{"ClientId":"${clientId}","Username":"ana","Password":"${goodPassword}","__proto__":{"Username":"eve","UserAttributes":[{"Name":"name","Value":"Eve"}]},"constructor":{"prototype":{"Password":"x"}},"ClientMetadata":{"__proto__":"x","toString":"x"},"ValidationData":[{"Name":"__proto__","Value":"x"}]}`
      assert.equal((await call('SignUp', polluting)).status, 200)
      assert.deepEqual(await namesIn(poolId), ['ana'])
      const ana = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(
        ana.UserAttributes?.map(({ Name }) => Name),
        ['sub'],
      )

      for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
        const { code, message } = errorOf(await signUp(clientId, { Username: 'ben', UserAttributes: [{ Name: name, Value: 'x' }] }))
        const text = `Attributes did not conform to the schema: Type for attribute {${name}} could not be determined`
        assert.deepEqual([code, message], ['InvalidParameterException', text])
        assert.equal(errorOf(await call('AdminGetUser', { UserPoolId: poolId, Username: name })).code, 'UserNotFoundException')
        const flow = { ClientId: clientId, AuthFlow: name, AuthParameters: { USERNAME: 'ana', PASSWORD: goodPassword } }
        assert.match(errorOf(await call('InitiateAuth', flow)).message, /enum value set/)
      }
      const own = `{"ClientId":"${clientId}","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"__proto__":{"USERNAME":"ana"},"PASSWORD":"x"}}`
      assert.equal(errorOf(await call('InitiateAuth', own)).code, 'SerializationException')
      const text = own.replace('{"USERNAME":"ana"}', '"USERNAME"')
      assert.equal(errorOf(await call('InitiateAuth', text)).message, 'Missing required parameter USERNAME')
      assert.equal(({} as Record<string, unknown>)['Username'], undefined)
    })

    it('is rejected when an attribute is repeated, unknown or without a name, while unknown members are ignored', async () => {
      const { poolId, clientId } = await server().givenPool()
      const attempt = async (UserAttributes: object[]) => errorOf(await signUp(clientId, { UserAttributes }))
      const name = { Name: 'name', Value: 'Ana' }
      assert.equal((await attempt([name, { Name: 'name', Value: 'Eve' }])).code, 'InvalidParameterException')
      assert.equal((await attempt([name, name])).code, 'InvalidParameterException')
      const unknown = 'Attributes did not conform to the schema: Type for attribute {custom:none} could not be determined'
      assert.equal((await attempt([name, { Name: 'custom:none', Value: 'x' }])).message, unknown)
      assert.match((await attempt([{ Value: 'x' }])).message, /'userAttributes\.1\.member\.name'.*must not be null/)
      assert.match((await attempt([name, { Name: '', Value: 'x' }])).message, /'userAttributes\.2\.member\.name'/)
      assert.deepEqual(await namesIn(poolId), [])

      assert.equal((await signUp(clientId, { Nobody: 'knows', UserAttributes: [{ ...name, Unknown: {} }], username: 'eve' })).status, 200)
      assert.deepEqual(await namesIn(poolId), ['ana'])
    })

    it('has left the server working after all tests above', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      assert.ok((await signInByPassword(server(), clientId, 'ana')).AuthenticationResult)
    })
  })
}
