import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { claimSignature, scrambler, sessionKey, srpX } from '../../../src/base/srp/exchange.ts'
import { modulus, multiplier, toFixedBytes, toInteger } from '../../../src/base/srp/group.ts'
import { createSrpPowers } from '../../../src/base/srp/powers.ts'
import { power } from './reference-client.ts'

/** The inputs of values that an existing Cognito client computed. Both exponents have 512 bits, twice as many as the server's. */
const salt = Buffer.from('a1b2c3d4e5f60718293a4b5c6d7e8f90', 'hex')
const a = toInteger(Buffer.alloc(64, 0x1f))
const b = Buffer.alloc(64, 0x2e)
const publicA = power(2n, a)

const fingerprint = (integer: bigint) => createHash('sha256').update(integer.toString(16)).digest('hex').slice(0, 16)

describe('Known SRP values', () => {
  const powers = createSrpPowers({ workers: 1, queueLimit: 10 })
  after(() => powers.close())

  async function exchangeWith(x: Buffer) {
    const verifier = await powers.verifier(x)
    const publicB = (multiplier * toInteger(verifier) + power(2n, toInteger(b))) % modulus
    const u = scrambler(publicA, publicB)
    const s = await powers.sharedSecret({ a: toFixedBytes(publicA), verifier, u, b })
    return { verifier: toInteger(verifier), publicB, u, s, key: sessionKey(u, s) }
  }

  it('for a user and a password are reproduced', async () => {
    const [group, name] = ['AbCdEfGhI', '0a1b2c3d-aaaa-bbbb-cccc-1234567890ab']
    const x = srpX(group, name, 'Passw0rd!', salt)
    const { verifier, publicB, u, s, key } = await exchangeWith(x)
    const secretBlock = Buffer.from('b3BhcXVlLXNlY3JldC1ibG9jaw==', 'base64')

    assert.equal(x.toString('hex'), '88bb6c2e3ba3521eeb02af87a49fcf76c67f78cf78529da9d5884e978a5c8439')
    assert.match(verifier.toString(16), /^65d98ae20d4f5692380c2ed264e6cf71/)
    assert.equal(fingerprint(verifier), 'd8ea969e5e9e2be6')
    assert.match(publicA.toString(16), /^80dfc948288090d51538f995547b5892b34007b6c8a2ed69/)
    assert.equal(fingerprint(publicA), '22a032df72393e74')
    assert.match(publicB.toString(16), /^7ffb988b51c63e0d6507ac9981b504fac9bd60f158164921/)
    assert.equal(fingerprint(publicB), 'c8cbb36915e63a4f')
    assert.equal(u.toString('hex'), 'c7602b160bd48d2733f770acec489100af09e38d404c40b7f74cfc80ba908cb6')
    assert.match(s.toString('hex'), /^2e5dad4619a7f53fa19127ce56cd161c3e0b657139f7fc9f/)
    assert.equal(key.toString('hex'), '20aff86afc9b05afc7fa126c9e90629c')
    const signature = claimSignature(key, { group, name, secretBlock, timestamp: 'Tue Jun 2 07:08:09 UTC 2026' })
    assert.equal(signature.toString('base64'), 'kvr4l+sTDZRNLDlGtcQgB1SJy1Z1S+fFDfbAllWkLl8=')
  })

  it('for a device and its password are reproduced', async () => {
    const x = srpX('-AbCdEfGh', 'eu-west-1_11111111-2222-3333-4444-555555555555', 'ZGV2aWNlLXBhc3N3b3Jk', salt)
    const { key } = await exchangeWith(x)
    assert.equal(key.toString('hex'), '8b3f29feba4076ecf0bf28dc4560c453')
  })
})
