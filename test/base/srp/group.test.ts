import assert from 'node:assert/strict'
import { createHash, getDiffieHellman } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  generator,
  modulus,
  modulusBytes,
  multiplier,
  readHex,
  toFixedBytes,
  toInteger,
  toSignedBytes,
  toSignedForm,
  writeHex,
} from '../../../src/base/srp/group.ts'

describe('The SRP group', () => {
  it('is group 15 of RFC 3526, as in OpenSSL', () => {
    const group = getDiffieHellman('modp15')
    assert.equal(modulus, toInteger(group.getPrime()))
    assert.equal(generator, toInteger(group.getGenerator()))
  })

  it('has the multiplier SHA-256(N ‖ g), where each integer is in the shortest two’s complement, without padding', () => {
    const hash = createHash('sha256').update(toSignedBytes(modulus)).update(toSignedBytes(generator)).digest()
    assert.equal(multiplier, toInteger(hash))
  })

  it('converts big-endian bytes to the same two’s complement as the integer that they represent', () => {
    for (const hex of ['00', '0000', '01', '0001', '7f', '80', '0080', '000080', 'ff', '00ff00', '7fff', '8000', '0abcde'])
      assert.deepEqual(toSignedForm(Buffer.from(hex, 'hex')), toSignedBytes(BigInt(`0x${hex}`)), hex)
  })

  it('writes integers in the shortest two’s complement', () => {
    for (const [integer, hex] of [
      [0n, '00'],
      [1n, '01'],
      [0x7fn, '7f'],
      [0x80n, '0080'],
      [0xffn, '00ff'],
      [0x100n, '0100'],
      [0x7fffn, '7fff'],
      [0x8000n, '008000'],
      [0xabcden, '0abcde'],
    ] as const)
      assert.equal(toSignedBytes(integer).toString('hex'), hex)
    assert.equal(toSignedBytes(modulus).length, modulusBytes + 1)
  })

  it('writes residues in 384 bytes, with their leading zeros', () => {
    for (const residue of [0n, 1n, 0xabcn, modulus >> 9n, modulus - 1n]) {
      const bytes = toFixedBytes(residue)
      assert.equal(bytes.length, modulusBytes)
      assert.equal(toInteger(bytes), residue)
    }
    assert.equal(toInteger(new Uint8Array()), 0n)
    assert.equal(toInteger(Buffer.from('xx0a0b').subarray(2, 4)), 0x3061n)
  })

  it('reads hex of any case, with or without leading zeros', () => {
    assert.equal(readHex('0'), 0n)
    assert.equal(readHex('00aBc'), 0xabcn)
    assert.equal(readHex('f'.repeat(1024)), (1n << 4096n) - 1n)
    assert.equal(writeHex(0xabcn), 'abc')
  })

  it('rejects text that is not hex, and text of more than 1,024 digits', () => {
    for (const text of ['', ' ', 'g', '-1', '0x1', '1n', '1_0', '1 ', ' 1', '1\n', '12\u0000', '１', 'f'.repeat(1025)])
      assert.equal(readHex(text), undefined, JSON.stringify(text))
  })
})
