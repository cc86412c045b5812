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
const refused = (message: string) => ({ name: 'ApiError', code: 'InvalidParameterException', message })

describe('Attribute values', () => {
  it('pass when they are what the schema says', () => {
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

  it('are refused when the schema has no such name, whatever its objects inherit', () => {
    for (const name of ['custom:none', 'toString', '__proto__', 'team', 'custom:score']) {
      const attributes = readAttributes([{ Name: name, Value: '' }])
      assert.throws(() => checkAttributes(pool, attributes), refused(`${prefix}Type for attribute {${name}} could not be determined`))
    }
  })

  it('are refused with every breach of a bound on a line of its own', () => {
    const attributes = { 'custom:team': 'purple', 'custom:level': '10', name: 'x'.repeat(2049) }
    const message = `${prefix}custom:team: String attributes cannot have a length of more than 5
custom:level: Number attributes cannot have a value of more than 9
name: String attributes cannot have a length of more than 2048
`
    assert.throws(() => checkAttributes(pool, attributes), refused(message))
  })

  it('are refused when they are too short, too low or of the wrong type', () => {
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

  it('must be addresses where they are used as such', () => {
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
      assert.throws(() => checkAttributes(pool, { email }), refused('Invalid email address format.'), email)
    }
    for (const number of ['15550100', '+', '+1 555', '+1234567890123456', '+1555x']) {
      assert.throws(() => checkAttributes(pool, { phone_number: number }), refused('Invalid phone number format.'), number)
    }
    for (const email of ['a@b', 'first.last+tag@sub.example.test', 'ünï@exämple.test', "o'neil@example.test"])
      checkAttributes(pool, { email })
  })

  it('are found missing one by one', () => {
    const message = `${prefix}name: The attribute is required\nemail: The attribute is required\n`
    assert.throws(() => requireRequiredAttributes(pool, { email: '' }), refused(message))
    requireRequiredAttributes(pool, { email: 'ana@example.test', name: 'Ana' })
  })

  it('cannot be given twice in one request', () => {
    const twice = [{ Name: 'name', Value: 'Ana' }, { Name: 'name' }]
    assert.throws(
      () => readAttributes(twice),
      (error) => error instanceof ApiError && error.code === 'InvalidParameterException',
    )
  })

  it('may spell flags as Python does', () => {
    const list = [
      { Name: 'email_verified', Value: 'True' },
      { Name: 'custom:flag', Value: 'True' },
    ]
    assert.deepEqual(readAttributes(list), { email_verified: 'true', 'custom:flag': 'True' })
  })
})

describe('An app client', () => {
  it('reads and writes all attributes when it lists none, but not those of developers and of the server', () => {
    const readable = readableAttributes(pool, { readAttributes: undefined })
    const writable = writableAttributes(pool, { writeAttributes: undefined })
    const names = ['sub', 'email', 'email_verified', 'custom:team', 'dev:custom:score']
    assert.deepEqual(names.map(readable), [true, true, true, true, false])
    assert.deepEqual(names.map(writable), [false, true, false, true, false])
    // The schema has the word on a name that it lacks.
    assert.equal(writable('custom:none'), true)
  })

  it('reads and writes what it lists', () => {
    const readable = readableAttributes(pool, { readAttributes: ['email'] })
    const writable = writableAttributes(pool, { writeAttributes: ['email', 'name'] })
    const names = ['sub', 'email', 'email_verified', 'name']
    assert.deepEqual(names.map(readable), [true, true, false, false])
    assert.deepEqual(names.map(writable), [false, true, false, true])
  })
})
