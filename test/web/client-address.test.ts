import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clientAddress } from '../../src/web/client-address.ts'

describe('The address of a client', () => {
  it("is the connection's, whatever the header says, unless proxies are trusted", () => {
    assert.equal(clientAddress('192.0.2.1', ['198.51.100.7'], 0), '192.0.2.1')
    assert.equal(clientAddress('2001:db8::1', [], 0), '2001:db8::1')
    assert.equal(clientAddress('::ffff:192.0.2.1', [], 0), '192.0.2.1')
    assert.equal(clientAddress(undefined, ['198.51.100.7'], 0), undefined)
  })

  it('is what the outermost trusted proxy added; what stood there before counts for nothing', () => {
    const forged = '203.0.113.66'
    assert.equal(clientAddress('10.0.0.1', [`${forged}, 198.51.100.7`], 1), '198.51.100.7')
    assert.equal(clientAddress('10.0.0.1', [`${forged}, 198.51.100.7, 10.0.0.2`], 2), '198.51.100.7')
    assert.equal(clientAddress('10.0.0.1', [forged, '198.51.100.7', '10.0.0.2'], 2), '198.51.100.7')
  })

  it('is read with or without a port', () => {
    assert.equal(clientAddress('10.0.0.1', ['198.51.100.7:4711'], 1), '198.51.100.7')
    assert.equal(clientAddress('10.0.0.1', ['[2001:db8::7]:4711'], 1), '2001:db8::7')
    assert.equal(clientAddress('10.0.0.1', ['[2001:db8::7]'], 1), '2001:db8::7')
    assert.equal(clientAddress('10.0.0.1', ['2001:db8::7'], 1), '2001:db8::7')
  })

  it("is the connection's when the proxy tells none", () => {
    for (const said of [[], [''], ['unknown'], ['198.51.100.7, _hidden'], ['<script>'], ['999.1.1.1']]) {
      assert.equal(clientAddress('10.0.0.1', said, 1), '10.0.0.1')
    }
    assert.equal(clientAddress('10.0.0.1', ['198.51.100.7'], 3), '198.51.100.7')
  })
})
