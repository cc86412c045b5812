import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clientExtensionsOf } from '../../src/pools/client-extensions/client-extensions.ts'
import { noSelfServiceRules } from '../../src/pools/extensions/self-service.ts'
import { readSchema } from '../../src/pools/schema-wire.ts'
import { lockedAttributesOf } from '../../src/users/self-service/self-service.ts'

const attribute = (Name: string) => ({ Name, AttributeDataType: 'String', Mutable: true }) as const
const pool = { extensions: undefined, schema: readSchema([attribute('tier'), attribute('team')]) }

function lockedIn(...lockedAttributes: string[]): readonly string[] {
  const extensions = { ...clientExtensionsOf({}), selfService: { ...noSelfServiceRules, lockedAttributes } }
  return [...lockedAttributesOf({ pool, client: { extensions } })].toSorted()
}

describe('The locked attributes of an app client', () => {
  it('are those that are named, if the pool has them', () => {
    assert.deepEqual(lockedIn('custom:tier', 'email'), ['custom:tier', 'email'])
  })

  it('are all custom attributes, if a name is not one of the pool: the cached pool or client is older than a schema change', () => {
    assert.deepEqual(lockedIn('custom:plan'), ['custom:plan', 'custom:team', 'custom:tier'])
  })
})
