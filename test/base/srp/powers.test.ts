import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { modulus, multiplier, toInteger } from '../../../src/base/srp/group.ts'
import { createSrpPowers, PowersBusyError } from '../../../src/base/srp/powers.ts'
import { moduleCache } from '../../support/run-cache.ts'
import { power } from './reference-client.ts'

function openPowers(options: { workers: number; queueLimit: number }) {
  const powers = createSrpPowers(options)
  return { powers, [Symbol.asyncDispose]: () => powers.close() }
}

const input = () => ({ a: Buffer.alloc(384, 5), verifier: Buffer.alloc(384, 6), u: randomBytes(32), b: randomBytes(32) })

describe('The modular exponentiations of SRP', () => {
  it('compute v = g^x and B = k·v ± g^b as 384 bytes', async () => {
    await using open = openPowers({ workers: 1, queueLimit: 1000 })
    for (const x of [Buffer.of(9), ...Array.from({ length: 20 }, () => randomBytes(32))]) {
      const verifier = await open.powers.verifier(x)
      assert.equal(verifier.length, 384)
      assert.equal(toInteger(verifier), power(2n, toInteger(x)))
    }

    const [verifier, b] = [await open.powers.verifier(randomBytes(32)), randomBytes(32)]
    for (const sign of [1, -1] as const) {
      const publicB = await open.powers.publicB(verifier, b, sign)
      assert.equal(publicB.length, 384)
      assert.equal(toInteger(publicB), (multiplier * toInteger(verifier) + modulus + BigInt(sign) * power(2n, toInteger(b))) % modulus)
    }
  })

  it('return to each of many concurrent calls its own result', async () => {
    await using open = openPowers({ workers: 2, queueLimit: 100 })
    const exponents = Array.from({ length: 20 }, () => randomBytes(32))
    const all = await Promise.all(exponents.map((x) => open.powers.verifier(x)))
    assert.deepEqual(
      all.map(toInteger),
      exponents.map((x) => power(2n, toInteger(x))),
    )
  })

  it('are rejected while the queues are full, and accepted again after the waiting calls have finished', async () => {
    await using open = openPowers({ workers: 1, queueLimit: 3 })
    const verifiers = [1, 2, 3].map((byte) => open.powers.verifier(Buffer.of(byte)))
    await assert.rejects(open.powers.verifier(Buffer.of(4)), PowersBusyError)
    await assert.rejects(open.powers.publicB(Buffer.alloc(384), Buffer.of(4), 1), PowersBusyError)
    const secrets = Array.from({ length: 5 }, () => open.powers.sharedSecret(input()))
    await assert.rejects(open.powers.sharedSecret(input()), PowersBusyError)

    assert.deepEqual((await Promise.all(verifiers)).map(toInteger), [2n, 4n, 8n])
    assert.equal((await Promise.all(secrets)).length, 5)
    assert.equal(toInteger(await open.powers.verifier(Buffer.of(4))), 16n)
    assert.equal((await open.powers.sharedSecret(input())).length, 384)
  })

  it('do not block the event loop while the table of powers of g is computed and many calls wait', async () => {
    await using open = openPowers({ workers: 1, queueLimit: 1000 })
    let turns = 0
    const count = setInterval(() => turns++, 0)
    await open.powers.warmUp()
    await Promise.all(Array.from({ length: 100 }, () => open.powers.verifier(randomBytes(32))))
    clearInterval(count)
    assert.ok(turns >= 5, `the event loop turned ${turns} times`)
  })

  it('reject an exponent or another input of the wrong length, and accept further calls', async () => {
    await using open = openPowers({ workers: 1, queueLimit: 10 })
    await assert.rejects(open.powers.verifier(Buffer.alloc(33)), RangeError)
    await assert.rejects(open.powers.sharedSecret({ ...input(), u: Buffer.alloc(31) }), RangeError)
    assert.equal(toInteger(await open.powers.verifier(Buffer.of(1))), 2n)
  })

  it('reject waiting and later calls after `close`', async () => {
    const { powers } = openPowers({ workers: 1, queueLimit: 10 })
    const outcomes = Promise.allSettled([powers.verifier(Buffer.of(1)), powers.sharedSecret(input())])
    await powers.close()
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    await assert.rejects(powers.verifier(Buffer.of(1)), /closed/)
    await assert.rejects(powers.sharedSecret(input()), /closed/)
  })

  it('finish running calls, and then let the process end even if `close` is never called', async () => {
    const module = new URL('../../../src/base/srp/powers.ts', import.meta.url)
    const script = `
      import { createSrpPowers } from ${JSON.stringify(module.href)}
      const powers = createSrpPowers({ workers: 1, queueLimit: 10 })
      const b = new Uint8Array([3])
      const verifier = await powers.verifier(b)
      const input = { a: verifier, verifier, u: new Uint8Array(32).fill(1), b }
      await powers.sharedSecret(input)
      powers.sharedSecret(input).then((s) => console.log(s.length))
    `
    const { stdout } = await promisify(execFile)(process.execPath, [...moduleCache, '--input-type=module', '-e', script], {
      timeout: 20_000,
    })
    assert.equal(stdout.trim(), '384')
  })
})
