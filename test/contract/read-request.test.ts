import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from '../../src/contract/api-error.ts'
import type { OperationName } from '../../src/contract/operation.ts'
import { readRequest } from '../../src/contract/read-request.ts'

const client = { ClientId: '1234567890abcdefghijklmnop' }
const ana = { ...client, Username: 'ana', Password: 'correct horse' }

function errorOf(name: OperationName, body: unknown): ApiError {
  try {
    readRequest(name, body)
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error))
    return error
  }
  throw new assert.AssertionError({ message: `${name} accepted ${JSON.stringify(body)?.slice(0, 200)}` })
}

function messageOf(name: OperationName, body: unknown): string {
  const error = errorOf(name, body)
  assert.equal(error.code, 'InvalidParameterException')
  return error.message
}

function serializationMessage(name: OperationName, body: unknown): string {
  const error = errorOf(name, body)
  assert.equal(error.code, 'SerializationException')
  return error.message
}

describe('readRequest, with messages recorded from the live service,', () => {
  it('reports pattern and length of an empty username, without its value', () => {
    assert.equal(
      messageOf('SignUp', { ...ana, Username: '' }),
      "2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+; Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1",
    )
  })

  it('reports a short password', () => {
    assert.equal(
      messageOf('SignUp', { ...ana, Password: ' abc' }),
      "2 validation errors detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$; Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6",
    )
  })

  it('reports an empty client id', () => {
    assert.equal(
      messageOf('SignUp', { ...ana, ClientId: '' }),
      "2 validation errors detected: Value at 'clientId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+]+; Value at 'clientId' failed to satisfy constraint: Member must have length greater than or equal to 1",
    )
  })

  it('reports a previous password that ends in a space', () => {
    assert.equal(
      messageOf('ChangePassword', { AccessToken: 'a.b.c', PreviousPassword: 'correct horse ', ProposedPassword: 'correct horse' }),
      "1 validation error detected: Value at 'previousPassword' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$",
    )
  })

  it('shows values that are not secret', () => {
    assert.match(messageOf('ConfirmSignUp', { ...client, Username: 'ana', ConfirmationCode: '' }), /Value '' at 'confirmationCode' failed/)
    assert.match(messageOf('CreateUserPool', { PoolName: 'a/b' }), /Value 'a\/b' at 'poolName' failed/)
  })

  it('reports the whole map for a bad value in it', () => {
    const message = messageOf('CreateIdentityPool', {
      IdentityPoolName: 'p',
      AllowUnauthenticatedIdentities: false,
      SupportedLoginProviders: { 'accounts.google.com': 'one', 'graph.facebook.com': 'two ' },
    })
    assert.equal(
      message,
      "1 validation error detected: Value '{accounts.google.com=one, graph.facebook.com=two }' at 'supportedLoginProviders' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\\w.;_/-]+]",
    )
  })

  it('reports the whole list for a bad string in it', () => {
    assert.equal(
      messageOf('UpdateUserPoolClient', { UserPoolId: 'eu-west-1_a', ...client, CallbackURLs: ['https://a.test', 'no good'] }),
      "1 validation error detected: Value '[https://a.test, no good]' at 'callbackURLs' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+]",
    )
  })

  it('rejects a structure where text is expected', () => {
    const body = { ...client, Username: 'ana', ConfirmationCode: { verificationCode: '1' }, Password: 'correct horse' }
    assert.equal(serializationMessage('ConfirmForgotPassword', body), 'Start of structure or map found where not expected.')
  })
})

describe('readRequest, checking constraints,', () => {
  it('names missing required members', () => {
    assert.equal(
      messageOf('SignUp', {}),
      "2 validation errors detected: Value null at 'clientId' failed to satisfy constraint: Member must not be null; Value null at 'username' failed to satisfy constraint: Member must not be null",
    )
  })

  it('reports an unknown enumeration value with the list of known ones', () => {
    // Cognito's recorded errors list the known values in an order without a rule that we know. We list them in the order of the model.
    assert.equal(
      messageOf('SetUserPoolMfaConfig', { UserPoolId: 'eu-west-1_a', MfaConfiguration: 'false' }),
      "1 validation error detected: Value 'false' at 'mfaConfiguration' failed to satisfy constraint: Member must satisfy enum value set: [OFF, ON, OPTIONAL]",
    )
  })

  it('treats null as absent', () => {
    assert.deepEqual(readRequest('SignUp', { ...ana, SecretHash: null, UserAttributes: null }), ana)
    assert.match(messageOf('SignUp', { ...ana, Username: null }), /Value null at 'username'/)
  })

  it('requires the access token in two operations whose models do not require it', () => {
    for (const name of ['GetDevice', 'ForgetDevice'] as const) {
      assert.match(messageOf(name, { DeviceKey: 'eu-west-1_0a' }), /^1 .* Value null at 'accessToken'/)
    }
  })

  it('counts the elements of a list of structures from one', () => {
    const UserAttributes = [{ Name: 'email', Value: 'a@b.test' }, { Name: '' }, null, { Value: 'x' }]
    const message = messageOf('SignUp', { ...ana, UserAttributes })
    assert.match(message, /^4 validation errors/)
    assert.match(message, /'' at 'userAttributes\.2\.member\.name'/)
    assert.match(message, /Value null at 'userAttributes\.3\.member' failed/)
    assert.match(message, /Value null at 'userAttributes\.4\.member\.name' failed/)
  })

  it('names the key of a structure in a map', () => {
    const message = messageOf('SetIdentityPoolRoles', {
      IdentityPoolId: 'eu:0',
      Roles: {},
      RoleMappings: { 'accounts.google.com': { Type: 'Magic' } },
    })
    assert.match(message, /Value 'Magic' at 'roleMappings\.accounts\.google\.com\.member\.type' failed/)
  })

  it('never shows secrets, nor collections that contain secrets', () => {
    const secret = 'hunter2\u0001 '
    const messages = [
      messageOf('SignUp', { ...ana, Password: secret }),
      messageOf('AdminCreateUser', { UserPoolId: 'eu-west-1_a', Username: 'ana', TemporaryPassword: secret }),
      messageOf('SignUp', { ...ana, UserAttributes: [{ Name: 'x', Value: secret.repeat(300) }] }),
      messageOf('InitiateAuth', { ...client, AuthFlow: 'USER_AUTH', AuthParameters: { PASSWORD: secret.repeat(20_000) } }),
      messageOf('RespondToAuthChallenge', { ...client, ChallengeName: 'SMS_MFA', ChallengeResponses: { [secret.repeat(20_000)]: 'x' } }),
      messageOf('GetId', { IdentityPoolId: 'eu:0', Logins: { 'accounts.google.com': secret.repeat(10_000) } }),
    ]
    for (const message of messages) assert.doesNotMatch(message, /hunter2/)
  })

  it('checks numbers by value, lists and maps by length', () => {
    assert.match(
      messageOf('ListUserPools', { MaxResults: 61 }),
      /Value '61' at 'maxResults' .* Member must have value less than or equal to 60/,
    )
    assert.match(messageOf('ListUserPools', { MaxResults: 0 }), /Member must have value greater than or equal to 1/)
    const many = { UserPoolId: 'eu-west-1_a', CustomAttributes: Array.from({ length: 26 }, () => ({ Name: 'a' })) }
    assert.match(messageOf('AddCustomAttributes', many), /Value at 'customAttributes' .* Member must have length less than or equal to 25/)
    const logins = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`p${index}`, 'token']))
    assert.match(messageOf('GetId', { IdentityPoolId: 'eu:0', Logins: logins }), /Value at 'logins' .* less than or equal to 10/)
  })

  it('counts length in UTF-16 units', () => {
    assert.equal(readRequest('SignUp', { ...ana, Username: '😀'.repeat(64) }).Username.length, 128)
    assert.match(messageOf('SignUp', { ...ana, Username: '😀'.repeat(65) }), /length less than or equal to 128/)
  })

  it('shows only the first violations and the number of all', () => {
    const UserAttributes = Array.from({ length: 5000 }, () => ({ Name: '' }))
    const message = messageOf('SignUp', { ...ana, UserAttributes })
    assert.match(message, /^10000 validation errors detected: /)
    assert.ok(message.length < 20_000)
  })

  it('truncates a long value without splitting a character', () => {
    const message = messageOf('CreateUserPool', { PoolName: `x${'😀'.repeat(2000)}` })
    assert.ok(message.length < 3000)
    assert.ok(message.isWellFormed())
  })

  it('accepts values that only the documentation allows', () => {
    const pool = { UserPoolId: 'eu-west-1_a' }
    assert.ok(readRequest('CreateUserPoolClient', { ...pool, ClientName: 'a', ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH'] }))
    assert.ok(readRequest('CreateUserPoolDomain', { ...pool, Domain: 'auth.example.test' }))
    assert.match(messageOf('CreateUserPoolDomain', { ...pool, Domain: 'auth..test' }), /'domain' failed/)
    const session = { ...pool, Username: 'ana' }
    assert.ok(readRequest('AdminRevokeUserSession', { ...session, SessionId: `tkn${'0'.repeat(25)}` }))
    assert.match(messageOf('AdminRevokeUserSession', { ...session, SessionId: 'tkn0' }), /^2 validation errors/)
    const acr = { PoolName: 'p', AcrConfiguration: { Level9: { AcrValue: 'x' } } }
    assert.match(
      messageOf('CreateUserPool', acr),
      /'acrConfiguration' .* Map keys must satisfy constraint: .*\[Level1, Level2, Level3, Level4\]/,
    )
  })

  it("accepts temporary passwords of any length, which the pool's policy checks, and empty ones", () => {
    const request = { UserPoolId: 'eu-west-1_a', Username: 'ana' }
    for (const TemporaryPassword of ['', 'ab', 'correct horse']) {
      assert.equal(readRequest('AdminCreateUser', { ...request, TemporaryPassword }).TemporaryPassword, TemporaryPassword)
    }
    assert.match(messageOf('AdminCreateUser', { ...request, TemporaryPassword: ' ' }), /^1 .*'temporaryPassword'/)
  })
})

describe('readRequest, checking JSON types,', () => {
  it('rejects every JSON type other than that of the shape', () => {
    assert.equal(serializationMessage('SignUp', { ...ana, Username: 5 }), 'class java.lang.Integer can not be converted to an String')
    assert.equal(serializationMessage('SignUp', { ...ana, Username: true }), 'class java.lang.Boolean can not be converted to an String')
    assert.equal(serializationMessage('SignUp', { ...ana, Username: ['ana'] }), 'Start of list found where not expected')
    assert.equal(serializationMessage('SignUp', { ...ana, UserAttributes: {} }), 'Start of structure or map found where not expected.')
    assert.equal(serializationMessage('SignUp', { ...ana, UserAttributes: 'x' }), 'Unexpected field type')
    assert.equal(serializationMessage('SignUp', { ...ana, ClientMetadata: [] }), 'Start of list found where not expected')
    assert.equal(
      serializationMessage('SignUp', { ...ana, ClientMetadata: { a: 1 } }),
      'class java.lang.Integer can not be converted to an String',
    )
    assert.equal(serializationMessage('ListUserPools', { MaxResults: '1' }), 'class java.lang.String can not be converted to an Integer')
    assert.equal(serializationMessage('ListUserPools', { MaxResults: 1.5 }), 'class java.lang.Double can not be converted to an Integer')
    assert.equal(
      serializationMessage('ConfirmSignUp', { ...ana, ConfirmationCode: '1', ForceAliasCreation: 'true' }),
      'class java.lang.String can not be converted to an Boolean',
    )
    for (const MaxResults of [2 ** 31, -(2 ** 31), Number.POSITIVE_INFINITY]) serializationMessage('ListUserPools', { MaxResults })
    for (const body of [undefined, null, 'x', 1, true, []]) serializationMessage('ListUserPools', body)
  })

  it('reports a wrong type before any broken constraint', () => {
    serializationMessage('SignUp', { ClientId: '', Username: 5 })
  })

  it('reads bytes from base64 and rejects other text', () => {
    const image = (ImageFile: unknown) => readRequest('SetUICustomization', { UserPoolId: 'eu-west-1_a', ImageFile })
    assert.deepEqual(image('AAEC/w==').ImageFile, new Uint8Array([0, 1, 2, 255]))
    for (const bad of ['AAE', 'AA-_', 'A===', 'AA==AA==', 7]) assert.throws(() => image(bad), { code: 'SerializationException' })
    const large = Buffer.alloc(131_073).toString('base64')
    assert.throws(() => image(large), { code: 'InvalidParameterException', message: /'imageFile' .* less than or equal to 131072/ })
  })
})
