import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from '../../src/contract/api-error.ts'
import { checkAttributes, readableAttributes, requireRequiredAttributes, writableAttributes } from '../../src/pools/attribute-rules.ts'
import { readAttributes } from '../../src/pools/attribute-wire.ts'
import { readSchema } from '../../src/pools/schema-wire.ts'

const pool = {
  aliasAttributes: [],
  schema: readSchema([
    { Name: 'email', Required: true },
    { Name: 'name', Required: true },
    { Name: 'team', AttributeDataType: 'String', StringAttributeConstraints: { MinLength: '2', MaxLength: '5' } },
    { Name: 'level', AttributeDataType: 'Number', NumberAttributeConstraints: { MinValue: '1', MaxValue: '9' } },
    { Name: 'flag', AttributeDataType: 'Boolean' },
    { Name: 'score', AttributeDataType: 'Number', DeveloperOnlyAttribute: true },
  ]),
}

const prefix = 'Attributes did not conform to the schema: '
const rejection = (message: string) => ({ name: 'ApiError', code: 'InvalidParameterException', message })

describe('The values of attributes', () => {
  it('are accepted when they conform to the schema', () => {
    checkAttributes(pool, {
      email: 'ana@example.test',
      phone_number: '+15550100',
      email_verified: 'true',
      birthdate: '0000-02-29',
      updated_at: '1700000000',
      'custom:team': 'blue',
      'custom:level': '9',
      'custom:flag': 'whatever',
      'dev:custom:score': '-1.5',
      name: '',
    })
  })

  it('are rejected when the schema lacks the attribute, even if every JavaScript object has a property of that name', () => {
    for (const name of ['custom:none', 'toString', '__proto__', 'team', 'custom:score']) {
      const attributes = readAttributes(pool, [{ Name: name, Value: '' }])
      assert.throws(() => checkAttributes(pool, attributes), rejection(`${prefix}Type for attribute {${name}} could not be determined`))
    }
  })

  it('are rejected when they exceed bounds; the error has one line for each broken bound', () => {
    const attributes = { 'custom:team': 'purple', 'custom:level': '10', name: 'x'.repeat(2049) }
    const message = `${prefix}custom:team: String attributes cannot have a length of more than 5
custom:level: Number attributes cannot have a value of more than 9
name: String attributes cannot have a length of more than 2048
`
    assert.throws(() => checkAttributes(pool, attributes), rejection(message))
  })

  it('are rejected when they are too short, too low or of the wrong type', () => {
    const wrong: Record<string, string> = {
      'custom:team': 'x',
      'custom:level': '0',
      updated_at: 'yesterday',
      email_verified: 'yes',
      birthdate: '31.12.1999',
      'custom:flag': 'x'.repeat(2049),
    }
    for (const [name, value] of Object.entries(wrong)) {
      assert.throws(() => checkAttributes(pool, { [name]: value }), { code: 'InvalidParameterException' }, name)
    }
  })

  it('must be valid addresses in email and phone_number', () => {
    for (const email of [
      'ana',
      '@example.test',
      'ana@',
      'a b@example.test',
      'a@b@c',
      'a@b..c',
      'ana@example.test\r\nBcc: x@y',
      '<a@b.c>',
    ]) {
      assert.throws(() => checkAttributes(pool, { email }), rejection('Invalid email address format.'), email)
    }
    for (const number of ['15550100', '+', '+1 555', '+1234567890123456', '+1555x']) {
      assert.throws(() => checkAttributes(pool, { phone_number: number }), rejection('Invalid phone number format.'), number)
    }
    for (const email of ['a@b', 'first.last+tag@sub.example.test', 'ünï@exämple.test', "o'neil@example.test"])
      checkAttributes(pool, { email })
  })

  it('are rejected when required attributes are missing; the error has one line for each missing attribute', () => {
    const message = `${prefix}name: The attribute is required\nemail: The attribute is required\n`
    assert.throws(() => requireRequiredAttributes(pool, { email: '' }), rejection(message))
    requireRequiredAttributes(pool, { email: 'ana@example.test', name: 'Ana' })
  })

  it('are rejected when the request names an attribute twice', () => {
    const twice = [{ Name: 'name', Value: 'Ana' }, { Name: 'name' }]
    assert.throws(
      () => readAttributes(pool, twice),
      (error) => error instanceof ApiError && error.code === 'InvalidParameterException',
    )
  })

  it('may be True instead of true for a _verified flag, as Python writes it; other attributes keep the capital letter', () => {
    const list = [
      { Name: 'email_verified', Value: 'True' },
      { Name: 'custom:flag', Value: 'True' },
    ]
    assert.deepEqual(readAttributes(pool, list), { email_verified: 'true', 'custom:flag': 'True' })
  })
})

describe('An app client', () => {
  it('without attribute lists reads all attributes except developer-only ones; writes the same ones, except those that only the server sets', () => {
    const readable = readableAttributes(pool, { readAttributes: undefined })
    const writable = writableAttributes(pool, { writeAttributes: undefined })
    const names = ['sub', 'email', 'email_verified', 'custom:team', 'dev:custom:score']
    assert.deepEqual(names.map(readable), [true, true, true, true, false])
    assert.deepEqual(names.map(writable), [false, true, false, true, false])
    // Another function, `checkAttributes`, rejects names that the schema lacks.
    assert.equal(writable('custom:none'), true)
  })

  it('with attribute lists reads and writes only those attributes', () => {
    const readable = readableAttributes(pool, { readAttributes: ['email'] })
    const writable = writableAttributes(pool, { writeAttributes: ['email', 'name'] })
    const names = ['sub', 'email', 'email_verified', 'name']
    assert.deepEqual(names.map(readable), [true, true, false, false])
    assert.deepEqual(names.map(writable), [false, true, false, true])
  })
})
