import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { networkOf } from '../../src/base/network-of.ts'
import { clientAddress } from '../../src/web/client-address.ts'

describe('The address of a client', () => {
  it('is that of the connection, whatever the header says, when no proxy is trusted', () => {
    assert.equal(clientAddress('192.0.2.1', ['198.51.100.7'], 0), '192.0.2.1')
    assert.equal(clientAddress('2001:db8::1', [], 0), '2001:db8::1')
    assert.equal(clientAddress('::ffff:192.0.2.1', [], 0), '192.0.2.1')
    assert.equal(clientAddress(undefined, ['198.51.100.7'], 0), undefined)
  })

  it('is the one that the outermost trusted proxy added, and not one before it in the header', () => {
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

  it('is that of the connection if the header has no valid address; it is the first address if the header has too few', () => {
    for (const header of [[], [''], ['unknown'], ['198.51.100.7, _hidden'], ['<script>'], ['999.1.1.1']]) {
      assert.equal(clientAddress('10.0.0.1', header, 1), '10.0.0.1')
    }
    assert.equal(clientAddress('10.0.0.1', ['198.51.100.7'], 3), '198.51.100.7')
  })
})

describe('The network of a client', () => {
  it('is the address in IPv4 and the /64 network in IPv6, in one canonical form', () => {
    assert.equal(networkOf('192.0.2.1'), '192.0.2.1')
    for (const same of ['2001:db8::1', '2001:0db8:0:0:ffff::', '2001:DB8:0000:0000:1:2:3:4'])
      assert.equal(networkOf(same), '2001:db8:0:0::/64')
    assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
    assert.equal(networkOf('::1'), '0:0:0:0::/64')
    assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
    assert.equal(networkOf(undefined), 'unknown')
  })
})
