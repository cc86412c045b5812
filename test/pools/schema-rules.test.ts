import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findNewConflict, readStored, type SchemaRules, toStored } from '../../src/pools/schema-changes/schema-rules.ts'
import { readSchema } from '../../src/pools/schema-wire.ts'

const number = { name: 'custom:plan', type: 'Number', length: undefined, range: undefined } as const

function rulesIn(phase: SchemaRules['phase']): SchemaRules {
  return {
    changeId: 'change',
    phase,
    renames: [{ from: 'custom:plan', to: 'custom:tier', showsOld: false }],
    removed: ['custom:old'],
    defaults: { 'custom:tier': '1' },
    checks: { 'custom:plan': { definition: number, missing: 'REFUSE' } },
  }
}

const undoing = rulesIn('undoing')
const [switched, finishing] = [rulesIn('switched'), rulesIn('finishing')]

describe('The attributes that are stored during an undo', () => {
  const stored = { email: 'a', 'custom:old': 'kept' }

  it('keep a removed value and get no default, if the request has read the user before the undo', () => {
    const before = readStored(switched, stored)
    assert.deepEqual(before, { email: 'a', 'custom:tier': '1' })
    assert.deepEqual(toStored(undoing, { stored, before, after: { ...before, email: 'b' } }), { email: 'b', 'custom:old': 'kept' })
    assert.deepEqual(toStored(undoing, { stored, before, after: { ...before, 'custom:tier': '2' } }), {
      email: 'a',
      'custom:plan': '2',
      'custom:old': 'kept',
    })
  })

  it('keep a removed value and get no default, if a deleted user was read before the undo and comes back', () => {
    const after = readStored(switched, stored)
    assert.deepEqual(toStored(undoing, { stored, before: undefined, after }), stored)
  })

  it('are those of the request, if it has read the user during the undo', () => {
    const before = readStored(undoing, stored)
    assert.deepEqual(toStored(undoing, { stored, before, after: { email: 'a' } }), { email: 'a' })
    assert.deepEqual(toStored(undoing, { stored, before, after: { ...stored, 'custom:plan': '1' } }), { ...stored, 'custom:plan': '1' })
    assert.deepEqual(toStored(undoing, { stored: undefined, before: undefined, after: { 'custom:plan': '1' } }), { 'custom:plan': '1' })
  })

  it('keep a value that is the default, if the user had it', () => {
    for (const name of ['custom:plan', 'custom:tier']) {
      const before = readStored(switched, { [name]: '1' })
      const after = { ...before, email: 'b' }
      assert.deepEqual(toStored(undoing, { stored: { [name]: '1' }, before, after }), { 'custom:plan': '1', email: 'b' })
    }
  })
})

describe('A row that has an attribute under both names', () => {
  it('has the value of the valid name, in whatever order they are', () => {
    const [plan, tier] = [{ 'custom:plan': 'old' }, { 'custom:tier': 'new' }]
    for (const stored of [
      { ...plan, ...tier },
      { ...tier, ...plan },
    ]) {
      assert.deepEqual(readStored(switched, stored), tier)
      assert.deepEqual(readStored(undoing, stored), plan)
    }
  })
})

describe('A write that conflicts with a change which is switched', () => {
  const text = { AttributeDataType: 'String', Mutable: true } as const
  const oldSchema = readSchema([{ Name: 'plan', ...text }])
  const newSchema = readSchema([{ Name: 'tier', AttributeDataType: 'Number', Mutable: true }]).map((definition) =>
    definition.name === 'custom:tier' ? { ...definition, required: true } : definition,
  )

  it('is found under the old and the new name', () => {
    for (const rules of [switched, finishing]) {
      for (const name of ['custom:plan', 'custom:tier']) {
        assert.equal(findNewConflict(rules, oldSchema, { before: {}, after: { [name]: 'x' } }), 'custom:plan')
        assert.equal(findNewConflict(rules, oldSchema, { before: undefined, after: { [name]: 'x' } }), 'custom:plan')
        assert.equal(findNewConflict(rules, oldSchema, { before: undefined, after: { [name]: '2' } }), undefined)
      }
    }
  })

  it('is none if it leaves the value as it was', () => {
    const before = { 'custom:plan': 'x' }
    assert.equal(findNewConflict(switched, oldSchema, { before, after: { ...before, email: 'b' } }), undefined)
    const renamed = { 'custom:tier': 'x' }
    assert.equal(findNewConflict(switched, newSchema, { before: renamed, after: { ...renamed, email: 'b' } }), undefined)
  })

  it('lacks a required value, if the request was checked against the schema before the switch', () => {
    assert.equal(findNewConflict(switched, oldSchema, { before: undefined, after: {} }), 'custom:plan')
    assert.equal(findNewConflict(switched, newSchema, { before: undefined, after: {} }), undefined)
  })
})
