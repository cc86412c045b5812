import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Output } from '../../src/contract/operation.ts'
import { writeResponse } from '../../src/contract/write-response.ts'

describe('writeResponse', () => {
  it('writes an empty body for an operation without output, and an empty object for an output without members', () => {
    assert.equal(writeResponse('AdminDeleteUser', undefined), '')
    assert.equal(writeResponse('AdminDisableUser', {}), '{}')
  })

  it('writes dates as epoch seconds', () => {
    const Group = { GroupName: 'g', CreationDate: new Date(1_689_721_665_239), LastModifiedDate: new Date(0) }
    assert.equal(writeResponse('GetGroup', { Group }), '{"Group":{"GroupName":"g","LastModifiedDate":0,"CreationDate":1689721665.239}}')
    assert.throws(() => writeResponse('GetGroup', { Group: { CreationDate: new Date(Number.NaN) } }), TypeError)
  })

  it('omits absent members and those that are not in the contract', () => {
    const user = { Username: 'ana', Enabled: undefined, PasswordHash: 'secret', Attributes: [{ Name: 'sub', Value: 'x', Internal: 1 }] }
    const answer = JSON.parse(writeResponse('AdminCreateUser', { User: user, Debug: true } as Output<'AdminCreateUser'>))
    assert.deepEqual(answer, { User: { Username: 'ana', Attributes: [{ Name: 'sub', Value: 'x' }] } })
    assert.equal(writeResponse('AdminCreateUser', { User: null } as unknown as Output<'AdminCreateUser'>), '{}')
  })

  it('writes bytes as base64, and free-form JSON unchanged', () => {
    const Assets = [{ Category: 'FAVICON_ICO', ColorMode: 'LIGHT', Extension: 'ICO', Bytes: new Uint8Array([0, 255]) } as const]
    const answer = writeResponse('CreateManagedLoginBranding', { ManagedLoginBranding: { Settings: { a: [1, { b: null }] }, Assets } })
    assert.deepEqual(JSON.parse(answer).ManagedLoginBranding, {
      Settings: { a: [1, { b: null }] },
      Assets: [{ Category: 'FAVICON_ICO', ColorMode: 'LIGHT', Extension: 'ICO', Bytes: 'AP8=' }],
    })
  })

  it('keeps all keys of a map, but omits absent values', () => {
    const Tags = JSON.parse('{"__proto__":"a","constructor":"b"}')
    assert.equal(writeResponse('ListTagsForResource', { Tags }), '{"Tags":{"__proto__":"a","constructor":"b"}}')
    assert.equal(writeResponse('ListTagsForResource', { Tags: { a: undefined as unknown as string } }), '{"Tags":{}}')
  })
})
