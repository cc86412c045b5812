import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createFixedBase } from '../../../src/base/srp/fixed-base.ts'
import { generalPower } from '../../../src/base/srp/general-power.ts'
import { modulus, modulusBytes, toFixedBytes, toInteger, toSignedBytes } from '../../../src/base/srp/group.ts'
import { packSharedSecret, sharedSecret } from '../../../src/base/srp/shared-secret.ts'
import { power } from './reference-client.ts'

const exponents = [
  Buffer.of(0),
  Buffer.of(1),
  Buffer.of(2),
  Buffer.of(255),
  Buffer.of(1, 0),
  Buffer.concat([Buffer.alloc(31), Buffer.of(7)]),
  Buffer.concat([Buffer.of(1), Buffer.alloc(31)]),
  Buffer.alloc(32, 0xff),
  ...Array.from({ length: 8 }, () => randomBytes(32)),
]

describe('Modular exponentiation of g by the precomputed table', () => {
  it('has the same result as repeated squaring, for every length of the exponent', () => {
    const fixedBase = createFixedBase()
    const all = [...exponents, Buffer.alloc(0), ...Array.from({ length: 31 }, (_, i) => randomBytes(i + 1))]
    for (const exponent of all) assert.equal(fixedBase.power(exponent), power(2n, toInteger(exponent)), exponent.toString('hex'))
  })

  it('rejects an exponent of more than 32 bytes, for which the table has no row', () => {
    assert.throws(() => createFixedBase().power(Buffer.alloc(33, 1)), RangeError)
  })

  it('computes its table in 31 steps', () => {
    const fixedBase = createFixedBase()
    let rows = 0
    while (fixedBase.prepareRow()) rows++
    assert.equal(rows, 31)
    assert.equal(fixedBase.prepareRow(), false)
  })
})

describe('Modular exponentiation of any base', () => {
  it('has the same result as repeated squaring, for bases below and above N and exponents of up to 64 bytes', () => {
    const bases = [0n, 1n, 2n, 3n, modulus - 1n, modulus, modulus + 5n, toInteger(randomBytes(380)), toInteger(randomBytes(384))]
    for (const base of bases)
      for (const exponent of [...exponents, randomBytes(64)]) {
        const bytes = generalPower(toSignedBytes(base), exponent)
        assert.equal(bytes.length, modulusBytes)
        assert.equal(toInteger(bytes), power(base, toInteger(exponent)), `${base.toString(16)} ^ ${exponent.toString('hex')}`)
      }
  })

  it('keeps the leading zero bytes of the result', () => {
    assert.deepEqual(generalPower(Buffer.of(2), Buffer.of(9)), toFixedBytes(512n))
  })
})

describe('The shared secret', () => {
  it('is (A · v^u)^b mod N', () => {
    const [a, verifier] = [toFixedBytes(power(2n, toInteger(randomBytes(128)))), toFixedBytes(power(2n, toInteger(randomBytes(32))))]
    const [u, b] = [randomBytes(32), randomBytes(32)]
    const expected = power(toInteger(a) * power(toInteger(verifier), toInteger(u)), toInteger(b))
    assert.equal(toInteger(sharedSecret({ a, verifier, u, b })), expected)
  })

  it('is not computed from values of the wrong length', () => {
    const right = { a: Buffer.alloc(384, 1), verifier: Buffer.alloc(384, 1), u: Buffer.alloc(32, 1), b: Buffer.alloc(32, 1) }
    assert.equal(packSharedSecret(right).length, 832)
    for (const wrong of [{ a: Buffer.alloc(383) }, { verifier: Buffer.alloc(385) }, { u: Buffer.alloc(31) }, { b: Buffer.alloc(0) }])
      assert.throws(() => packSharedSecret({ ...right, ...wrong }), RangeError)
  })
})
