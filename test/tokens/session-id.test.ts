import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readSessionId, writeSessionId } from '../../src/tokens/sessions/session-id.ts'

describe('the SessionId of the API', () => {
  it('has the format that Cognito’s ids have, and can be read back to the UUID', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const name = writeSessionId(id)
        assert.match(name, /^tkn[0-9a-z]{25}$/)
        assert.equal(readSessionId(name), id)
      }),
    )
    for (const id of ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'])
      assert.equal(readSessionId(writeSessionId(id)), id)
  })

  it('is not read from any other text', () => {
    const beyond = `tkn${(1n << 128n).toString(36).padStart(25, '0')}`
    for (const text of ['', 'tkn', `sso${'0'.repeat(25)}`, `tkn${'Z'.repeat(25)}`, `tkn${'z'.repeat(25)}`, `tkn${'0'.repeat(26)}`, beyond])
      assert.equal(readSessionId(text), undefined, text)
  })
})
