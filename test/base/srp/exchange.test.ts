import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { after, describe, it } from 'node:test'
import {
  newSalt,
  openExchange,
  readClientPublic,
  readVerifier,
  scrambler,
  sessionKey,
  srpX,
  verifyClaim,
} from '../../../src/base/srp/exchange.ts'
import { generalPower } from '../../../src/base/srp/general-power.ts'
import { modulus, multiplier, readHex, toFixedBytes, toInteger, toSignedBytes } from '../../../src/base/srp/group.ts'
import { createSrpPowers } from '../../../src/base/srp/powers.ts'
import { clientKey, clientSignature, clientU, clientX, power } from './reference-client.ts'

const powers = createSrpPowers({ workers: 1, queueLimit: 100 })
after(() => powers.close())

const secretBlock = Buffer.from('the secret block of the server')
const timestamp = 'Tue Jun 2 07:08:09 UTC 2026'
const ana = { group: 'AbCdEfGhI', name: 'Ana Müller', password: 'contraseña 🔑', saltHex: newSalt().toString('hex') }
const claim = { group: ana.group, name: ana.name, secretBlock, timestamp }
const verifierOf = ({ group, name, password, saltHex } = ana) => powers.verifier(srpX(group, name, password, Buffer.from(saltHex, 'hex')))
const newExponent = () => toInteger(randomBytes(128))

/** Opens an exchange with the given sign of g^b in B. Without this function, openExchange chooses the sign at random. */
async function openSigned(verifier: Buffer, a: bigint, sign: 1 | -1) {
  const signedPowers = { publicB: (v: Uint8Array, b: Uint8Array) => powers.publicB(v, b, sign) }
  return openExchange(signedPowers, verifier, power(2n, a))
}

describe('An SRP exchange', () => {
  it('succeeds with the right password, for both signs of g^b in B and six random exponents each', async () => {
    const verifier = await verifierOf()
    for (const sign of [1, -1] as const)
      for (let i = 0; i < 6; i++) {
        const a = newExponent()
        const { publicB, state } = await openSigned(verifier, a, sign)
        const signature = clientSignature(ana, a, { publicB, secretBlock, timestamp })
        assert.equal(await verifyClaim(powers, { verifier, state, claim, signature }), true)
      }
  })

  it('fails with another password, and when any input of the signature differs', async () => {
    const verifier = await verifierOf()
    const a = newExponent()
    const { publicB, state } = await openExchange(powers, verifier, power(2n, a))
    const signature = clientSignature(ana, a, { publicB, secretBlock, timestamp })
    const proof = { verifier, state, claim, signature }
    const flipped = Buffer.from(signature, 'base64')
    flipped[31] = (flipped[31] ?? 0) ^ 1
    const wrongPassword = clientSignature({ ...ana, password: 'contraseña 🔒' }, a, { publicB, secretBlock, timestamp })

    for (const change of [
      { signature: wrongPassword },
      { signature: flipped.toString('base64') },
      { signature: '' },
      { signature: 'not base64 at all !' },
      { signature: `${signature.slice(0, -1)}AAAA` },
      { claim: { ...claim, timestamp: 'Tue Jun 2 07:08:10 UTC 2026' } },
      { claim: { ...claim, name: 'ana Müller' } },
      { claim: { ...claim, group: 'AbCdEfGhJ' } },
      { claim: { ...claim, secretBlock: Buffer.from('something else') } },
      { verifier: await verifierOf({ ...ana, saltHex: newSalt().toString('hex') }) },
      { state: (await openExchange(powers, verifier, power(2n, a))).state },
    ])
      assert.equal(await verifyClaim(powers, { ...proof, ...change }), false, JSON.stringify(change))
    assert.equal(await verifyClaim(powers, proof), true)
  })

  it('reads an A with leading zeros and in capitals, above or below N', async () => {
    const verifier = await verifierOf()
    const a = newExponent()
    for (const publicA of [power(2n, a) + modulus, power(2n, a)]) {
      const read = readClientPublic(`000${publicA.toString(16).toUpperCase()}`)
      assert.equal(read, publicA)
      const { publicB, state } = await openExchange(powers, verifier, publicA)
      const u = clientU(publicA, BigInt(`0x${publicB}`))
      assert.deepEqual(state.subarray(0, 384), toFixedBytes(publicA % modulus))
      assert.equal(toInteger(state.subarray(384, 416)), u)
    }
  })

  it('rejects an A that is not a hex number of at most 1,024 digits, or that is a multiple of N', () => {
    for (const hex of ['', '0', '0000', 'zz', modulus.toString(16), (3n * modulus).toString(16).padStart(800, '0'), 'f'.repeat(1025)])
      assert.equal(readClientPublic(hex), undefined, hex)
    assert.equal(readClientPublic('1'), 1n)
    assert.equal(readClientPublic((modulus + 1n).toString(16)), modulus + 1n)
  })

  it('fails when u is 0, because a client would then need no password', async () => {
    const verifier = await verifierOf()
    const b = randomBytes(32)
    const a = newExponent()
    const u = Buffer.alloc(32)
    const state = Buffer.concat([toFixedBytes(power(2n, a)), u, b])
    const forged = clientKey(0n, power(power(2n, toInteger(b)), a))
    const signature = createHmac('sha256', forged)
      .update(ana.group + ana.name)
      .update(secretBlock)
      .update(timestamp)
      .digest('base64')
    assert.equal(await verifyClaim(powers, { verifier, state, claim, signature }), false)
  })

  it('rejects a state of the wrong length', async () => {
    const proof = { verifier: await verifierOf(), state: Buffer.alloc(447), claim, signature: '' }
    await assert.rejects(verifyClaim(powers, proof), RangeError)
  })

  it('does not reveal the verifier: B − k·v is a square only half of the time', async () => {
    const verifier = await verifierOf()
    const half = toFixedBytes((modulus - 1n) / 2n)
    const seen = new Set<bigint>()
    for (let i = 0; i < 64; i++) {
      const { publicB } = await openExchange(powers, verifier, 4n)
      const power = (readHex(publicB) ?? 0n) - multiplier * toInteger(verifier)
      seen.add(toInteger(generalPower(toFixedBytes(((power % modulus) + modulus) % modulus), half)))
    }
    assert.deepEqual(seen, new Set([1n, modulus - 1n]))
  })
})

describe('The functions of an SRP exchange', () => {
  it('give the same x as a client, also for salts that begin with zero or a high bit', () => {
    for (const saltHex of [`${'00'.repeat(15)}01`, `00${'ff'.repeat(15)}`, `80${'00'.repeat(15)}`, `7f${'01'.repeat(15)}`]) {
      const x = srpX(ana.group, ana.name, ana.password, Buffer.from(saltHex, 'hex'))
      assert.equal(x.length, 32)
      assert.equal(toInteger(x), clientX({ ...ana, saltHex }))
    }
  })

  it('give the same u as a client, for integers of every length', () => {
    const integers = [1n, 0x7fn, 0x80n, 0xabcn, modulus >> 8n, modulus >> 9n, modulus - 1n, modulus + 1n]
    for (const a of integers) for (const b of integers) assert.equal(toInteger(scrambler(a, b)), clientU(a, b))
  })

  it('give the same K as a client, also when S or u begin with zero bytes', () => {
    for (const s of [1n, 0xffn, modulus >> 8n, modulus >> 17n, modulus - 1n])
      for (const u of [1n, 1n << 255n, (1n << 248n) - 1n, (1n << 247n) - 1n]) {
        const key = sessionKey(Buffer.from(u.toString(16).padStart(64, '0'), 'hex'), toFixedBytes(s))
        assert.deepEqual(key, clientKey(u, s))
      }
  })

  it('make salts of 16 bytes whose first byte is never zero', () => {
    const salts = Array.from({ length: 2000 }, newSalt)
    assert.equal(new Set(salts.map((salt) => salt.toString('hex'))).size, 2000)
    assert.ok(salts.every((salt) => salt.length === 16 && salt[0] !== 0))
  })

  it('read the verifier that a client sends, with or without a sign byte, as 384 bytes', () => {
    for (const verifier of [2n, 0x80n, modulus >> 9n, modulus - 2n]) {
      assert.deepEqual(readVerifier(toSignedBytes(verifier)), toFixedBytes(verifier))
      assert.deepEqual(readVerifier(toFixedBytes(verifier)), toFixedBytes(verifier))
    }
  })

  it('reject a verifier with which every password would be accepted, and one that is not a residue', () => {
    for (const verifier of [0n, 1n, modulus - 1n, modulus, modulus + 2n]) assert.equal(readVerifier(toSignedBytes(verifier)), undefined)
    assert.equal(readVerifier(Buffer.alloc(0)), undefined)
    assert.equal(readVerifier(Buffer.concat([Buffer.alloc(2), toFixedBytes(4n)])), undefined)
  })
})
