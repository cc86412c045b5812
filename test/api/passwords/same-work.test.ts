import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createSecrets } from '../../../src/base/secrets.ts'
import { createSrpPowers } from '../../../src/base/srp/powers.ts'
import { noExtensions } from '../../../src/pools/extensions/pool-extensions.ts'
import { createArgon2Keys } from '../../../src/users/passwords/argon2-keys.ts'
import { createImportedHashes } from '../../../src/users/passwords/imported-hashes.ts'
import { createPasswords } from '../../../src/users/passwords/passwords.ts'

const owner = { poolId: 'eu-central-1_abcdefghi', sub: 'a-sub', username: 'ana' }
const poolWith = (storage: 'SRP' | 'ARGON2ID' | 'BOTH') => ({ extensions: { ...noExtensions, passwords: { storage } } })
const pools = { SRP: poolWith('SRP'), ARGON2ID: poolWith('ARGON2ID'), BOTH: poolWith('BOTH') }

/** The real parts, with a count of what they compute. */
function openCounted() {
  const powers = createSrpPowers({ workers: 1, queueLimit: 10 })
  const argon2 = createArgon2Keys({ workers: 1, queueLimit: 10 })
  const importedHashes = createImportedHashes({ workers: 1, queueLimit: 10 })
  const count = { verifier: 0, argon2: 0, imported: 0 }
  const passwords = createPasswords({
    secrets: createSecrets(Buffer.alloc(32, 1)),
    powers: {
      verifier(x) {
        count.verifier += 1
        return powers.verifier(x)
      },
    },
    argon2: {
      derive(...input) {
        count.argon2 += 1
        return argon2.derive(...input)
      },
    },
    importedHashes: {
      check(...input) {
        count.imported += 1
        return importedHashes.check(...input)
      },
    },
  })
  const countOf = async (work: () => Promise<unknown>) => {
    Object.assign(count, { verifier: 0, argon2: 0, imported: 0 })
    await work()
    return { ...count }
  }
  return { passwords, countOf, close: () => Promise.all([powers.close(), argon2.close(), importedHashes.close()]) }
}

const oneVerifier = { verifier: 1, argon2: 0, imported: 0 }
const oneArgon2 = { verifier: 0, argon2: 1, imported: 0 }

describe('The check of a password computes the same', () => {
  const { passwords, countOf, close } = openCounted()
  after(close)

  for (const [storage, expected] of [
    ['SRP', oneVerifier],
    ['ARGON2ID', oneArgon2],
    ['BOTH', oneVerifier],
  ] as const) {
    it(`for right, wrong, missing and unknown passwords in a pool with ${storage}`, async () => {
      const pool = pools[storage]
      const sealed = await passwords.protect(pool, owner, 'right')
      for (const [stored, typed, isRight] of [
        [sealed, 'right', true],
        [sealed, 'wrong', false],
        [null, 'right', false],
        [undefined, 'right', false],
      ] as const) {
        const counted = await countOf(async () => assert.equal(await passwords.matches(pool, owner, stored, typed), isRight))
        assert.deepEqual(counted, expected, `${typed} for ${stored === sealed ? 'a password' : String(stored)}`)
      }
    })
  }

  it('and one hash for a user whose verifier is left from before, right or wrong', async () => {
    const sealed = await passwords.protect(pools.SRP, owner, 'right')
    const wrong = await countOf(() => passwords.matches(pools.ARGON2ID, owner, sealed, 'wrong'))
    assert.equal(wrong.argon2, 1)
    // The upgrade after the right password is the one hash of that sign-in.
    const right = await countOf(async () => {
      assert.equal(await passwords.matches(pools.ARGON2ID, owner, sealed, 'right'), true)
      await passwords.protect(pools.ARGON2ID, owner, 'right')
    })
    assert.equal(right.argon2, 1)
  })

  it('and never takes a decoy for a password', async () => {
    for (const typed of ['', '\0', 'x'.repeat(256)]) {
      for (const pool of Object.values(pools)) {
        assert.equal(await passwords.matches(pool, owner, undefined, typed), false)
        assert.equal(await passwords.matches(pool, owner, null, typed), false)
      }
    }
  })
})
