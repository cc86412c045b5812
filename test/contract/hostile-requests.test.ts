import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../src/contract/api-error.ts'
import { definitionOf, getShape, operationNames } from '../../src/contract/model.ts'
import type { OperationName } from '../../src/contract/operation.ts'
import { readRequest } from '../../src/contract/read-request.ts'

const ana = { ClientId: 'abc', Username: 'ana', Password: 'correct horse' }
const rejected = { code: 'InvalidParameterException' }

describe('readRequest, with hostile requests,', () => {
  it('returns new objects with known members only', () => {
    const attribute = { Name: 'email', Value: 'a@b.test', Extra: 1 }
    const request = readRequest('SignUp', { ...ana, UserAttributes: [attribute], Admin: true, toString: 'x' })
    assert.deepEqual(request, { ...ana, UserAttributes: [{ Name: 'email', Value: 'a@b.test' }] })
    assert.notEqual(request.UserAttributes?.[0], attribute)
  })

  it('keeps keys such as __proto__ as data', () => {
    const body = `{"ClientId":"abc","Username":"ana","ClientMetadata":{"__proto__":"p","constructor":"c","toString":"t"},"__proto__":{"Password":"polluted"}}`
    const request = readRequest('SignUp', JSON.parse(body))
    assert.equal(request.Password, undefined)
    assert.deepEqual(Object.entries(request.ClientMetadata ?? {}), [
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['toString', 't'],
    ])
    assert.equal(Object.getPrototypeOf(request.ClientMetadata), null)
    assert.equal(request.ClientMetadata?.['hasOwnProperty'], undefined)
    assert.equal(Object.getPrototypeOf({}), Object.prototype)
  })

  it('rejects text that a database cannot store, in values and in keys', () => {
    for (const bad of ['a\0b', 'a\ud800', '\udc00a']) {
      assert.throws(() => readRequest('SignUp', { ...ana, Password: `correct${bad}` }), rejected)
      assert.throws(() => readRequest('SignUp', { ...ana, UserAttributes: [{ Name: 'email', Value: bad }] }), rejected)
      assert.throws(() => readRequest('SignUp', { ...ana, ClientMetadata: { key: bad } }), rejected)
      assert.throws(() => readRequest('SignUp', { ...ana, ClientMetadata: { [bad]: 'value' } }), rejected)
      assert.throws(() => readRequest('CreateUserPoolClient', { UserPoolId: 'a_b', ClientName: 'c', AllowedOAuthScopes: [bad] }), rejected)
      assert.throws(() => readRequest('CompleteWebAuthnRegistration', { AccessToken: 'a', Credential: { id: [bad] } }), rejected)
      assert.throws(() => readRequest('CompleteWebAuthnRegistration', { AccessToken: 'a', Credential: { [bad]: 1 } }), rejected)
    }
  })

  it('throws an error whose message is well-formed Unicode', () => {
    const errorOf = (body: unknown) => {
      try {
        return readRequest('TagResource', body)
      } catch (error) {
        return error as Error
      }
    }
    const error = errorOf({ ResourceArn: '\ud800', Tags: { '\ud800': 'x'.repeat(300) } })
    assert.ok(error instanceof Error && error.message.isWellFormed())
  })

  it('copies free-form JSON and limits its depth', () => {
    const deep = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)
    const read = (Credential: unknown) => readRequest('CompleteWebAuthnRegistration', { AccessToken: 'a', Credential }).Credential
    const given = JSON.parse('{"id":"x","list":[1,null,{"__proto__":{"admin":true}}]}')
    const copy = read(given) as { list: { admin?: boolean }[] }
    assert.equal(JSON.stringify(copy), JSON.stringify(given))
    assert.notEqual(copy, given)
    assert.equal(copy.list[2]?.admin, undefined)
    assert.equal(JSON.stringify(read(deep(64))), JSON.stringify(deep(64)))
    assert.throws(() => read(deep(65)), { ...rejected, message: /nested deeper than 64 levels/ })
    assert.throws(() => read(deep(5000)), rejected)
  })

  it('ignores deeply nested JSON in an unknown member', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    assert.deepEqual(readRequest('SignUp', { ...ana, Unknown: deep }), ana)
    assert.throws(() => readRequest('SignUp', { ...ana, Username: deep }), { code: 'SerializationException' })
  })

  it('reports thousands of bad keys or elements once, in linear time', () => {
    const before = process.cpuUsage()
    const Tags = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`${index}\0${'x'.repeat(130)}`, 'v\0']))
    const tag = () => readRequest('TagResource', { ResourceArn: 'arn:aws:a:b:1:cccccccc', Tags })
    assert.throws(tag, { ...rejected, message: /^3 validation errors/ })
    const TagKeys = Object.keys(Tags)
    const untag = () => readRequest('UntagResource', { ResourceArn: 'arn:aws:a:b:1:cccccccc', TagKeys })
    assert.throws(untag, { ...rejected, message: /^1 validation error / })
    // Typically a tenth of a second. It would take minutes if the error printed all of `Tags` once for every bad key.
    assert.ok(process.cpuUsage(before).user < 10_000_000)
  })

  it('rejects other JSON types in place of text, and never converts them to text', () => {
    const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
    for (const value of [deep, { toString: 1 }, JSON.parse('{"__proto__":null}')]) {
      const bodies = [
        { IdentityPoolId: 'eu:0', Logins: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`p${index}`, value])) },
        { IdentityPoolId: 'eu:0', Logins: { '': value } },
        { IdentityPoolId: value },
      ]
      for (const body of bodies) assert.throws(() => readRequest('GetId', body), { code: 'SerializationException' })
      const identities = { IdentityIdsToDelete: Array.from({ length: 61 }, () => value) }
      assert.throws(() => readRequest('DeleteIdentities', identities), { code: 'SerializationException' })
    }
  })

  it('returns a request or throws an ApiError, for any JSON', () => {
    const hostile = fc.constantFrom<unknown>(
      '',
      '\0',
      '\ud800',
      'a'.repeat(200_000),
      [],
      [null],
      [[]],
      {},
      { a: null },
      { '': '' },
      { toString: 1 },
      -0,
      1e300,
      '🎉',
    )
    const element = fc.oneof(hostile, fc.jsonValue())
    const value = fc.oneof(element, fc.array(element, { maxLength: 3 }), fc.dictionary(fc.string(), element, { maxKeys: 3 }))
    for (const name of operationNames) {
      const members = Object.keys(getShape(definitionOf(name).input).members ?? {})
      const body = fc.record(Object.fromEntries(members.map((member) => [member, value])), { requiredKeys: [] })
      fc.assert(
        fc.property(fc.oneof(body, fc.jsonValue()), (given) => returnsOrRejects(name, given)),
        { numRuns: 20 },
      )
    }
  })
})

function returnsOrRejects(name: OperationName, body: unknown): boolean {
  try {
    return typeof readRequest(name, body) === 'object'
  } catch (error) {
    return error instanceof ApiError && error.message.isWellFormed() && error.message.length < 200_000
  }
}
