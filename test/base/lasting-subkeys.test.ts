import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createKeyRing, type KeyRing } from '../../src/base/secrets.ts'
import { readRefreshToken, writeRefreshToken } from '../../src/tokens/refresh-token.ts'

const newRing = () => createKeyRing(randomBytes(32))
const pool = 'eu_pool'
const otherPool = 'eu_other'

function tokenOf({ secrets }: KeyRing, poolId: string): string {
  const times = { authTime: 1, expiresAt: 2, generation: 0 }
  return writeRefreshToken(secrets, { poolId, clientId: 'client', sub: 'sub', sessionId: 'session', originJti: 'jti', ...times })
}

const hashOf = ({ secrets }: KeyRing, ...parts: readonly string[]) => secrets.mac('code', ...parts).toString('base64url')

describe('An installation that was restored from a backup', () => {
  const source = newRing()
  const target = newRing()
  target.adopt(target.recordForRestored(source.lastingSubkeys()))

  it('opens and compares with what the former one made', () => {
    assert.equal(readRefreshToken(target.secrets, tokenOf(source, pool))?.poolId, pool)
    assert.ok(target.secrets.isMac('code', hashOf(source, pool, 'sub', 'sign-up', '123456'), pool, 'sub', 'sign-up', '123456'))
    assert.ok(target.secrets.open('sign-in-state', source.secrets.seal('sign-in-state', 'state', 'versioned'), 'versioned'))
    assert.ok(target.secrets.macs('user-code', pool, 'ABCD').some((hash) => hash.equals(source.secrets.mac('user-code', pool, 'ABCD'))))
  })

  it('has the decoys and the group keys of devices of the former one', () => {
    assert.deepEqual(target.secrets.mac('decoy', pool, 'salt', 'sub'), source.secrets.mac('decoy', pool, 'salt', 'sub'))
    assert.deepEqual(target.secrets.mac('device', 'group', pool, 'sub'), source.secrets.mac('device', 'group', pool, 'sub'))
  })

  it('opens nothing of the former one that is sealed inside the database, and seals nothing under its keys', () => {
    for (const purpose of ['password', 'signing-key', 'message', 'client-secret'] as const) {
      assert.equal(target.secrets.open(purpose, source.secrets.seal(purpose, 'plain')), undefined)
    }
    assert.equal(source.secrets.open('sign-in-state', target.secrets.seal('sign-in-state', 'state')), undefined)
    assert.notDeepEqual(target.secrets.mac('code', pool), source.secrets.mac('code', pool))
  })

  it('keeps all this when its master key changes, and when it is restored again', () => {
    const [before, after] = [randomBytes(32), randomBytes(32)]
    const old = createKeyRing(before)
    const both = createKeyRing(after, before)
    assert.ok(both.adopt(old.recordForRestored(source.lastingSubkeys())))
    const changed = createKeyRing(after)
    assert.ok(changed.adopt(both.recordForCurrent()))
    const again = newRing()
    again.adopt(again.recordForRestored(changed.lastingSubkeys()))
    for (const ring of [changed, again]) {
      assert.equal(readRefreshToken(ring.secrets, tokenOf(source, pool))?.poolId, pool)
      assert.deepEqual(ring.secrets.mac('decoy', pool, 'salt', 'sub'), source.secrets.mac('decoy', pool, 'salt', 'sub'))
    }
  })

  it('keeps no subkey of its own master key, which must not outlive a change of that key', () => {
    const key = randomBytes(32)
    const ring = createKeyRing(key)
    ring.adopt(ring.recordForRestored(createKeyRing(key).lastingSubkeys()))
    assert.equal(ring.lastingSubkeys().length, 1)
  })
})

describe('An installation that has a restored pool', () => {
  const source = newRing()
  const target = newRing()
  target.adopt(target.recordForRestoredPool(pool, source.lastingSubkeys(pool)))

  it('accepts what the former installation made for this pool', () => {
    assert.ok(target.secrets.isMac('code', hashOf(source, pool, 'sub', 'sign-up', '123456'), pool, 'sub', 'sign-up', '123456'))
    assert.deepEqual(target.secrets.mac('device', 'group', pool, 'sub'), source.secrets.mac('device', 'group', pool, 'sub'))
  })

  it('accepts no refresh token, because the subkey of these is that of all pools', () => {
    for (const id of [pool, otherPool]) assert.equal(readRefreshToken(target.secrets, tokenOf(source, id)), undefined)
    assert.deepEqual(
      source
        .lastingSubkeys(pool)
        .flatMap(({ subkeys }) => Object.keys(subkeys))
        .sort(),
      ['code', 'device', 'user-code'],
    )
  })

  it('accepts nothing from the holder of that backup for other pools', () => {
    const forged = hashOf(source, otherPool, 'sub', 'sign-up', pool)
    assert.equal(target.secrets.isMac('code', forged, otherPool, 'sub', 'sign-up', pool), false)
    assert.notDeepEqual(target.secrets.mac('device', 'group', otherPool, 'sub'), source.secrets.mac('device', 'group', otherPool, 'sub'))
    for (const purpose of ['sign-in-state', 'domain-session', 'sign-up-session', 'role-session'] as const) {
      assert.equal(
        target.secrets.open(purpose, source.secrets.seal(purpose, pool, pool), pool, () => pool),
        undefined,
      )
    }
  })

  it('keeps its own decoys', () => {
    assert.notDeepEqual(target.secrets.mac('decoy', pool, 'salt', 'sub'), source.secrets.mac('decoy', pool, 'salt', 'sub'))
  })

  it('replaces the subkeys when the pool is restored again, and passes them on with the pool', () => {
    const second = newRing()
    const ring = newRing()
    ring.adopt(ring.recordForRestoredPool(pool, source.lastingSubkeys(pool)))
    ring.adopt(ring.recordForRestoredPool(pool, second.lastingSubkeys()))
    const accepts = (one: typeof ring, from: typeof ring) =>
      one.secrets.isMac('code', hashOf(from, pool, 'sub', 'sign-up', '1'), pool, 'sub', 'sign-up', '1')
    assert.equal(accepts(ring, source), false)
    const third = newRing()
    third.adopt(third.recordForRestoredPool(pool, ring.lastingSubkeys(pool)))
    assert.ok(accepts(third, second))
    assert.ok(accepts(third, ring))
    assert.deepEqual(third.secrets.mac('device', 'group', pool, 'sub'), second.secrets.mac('device', 'group', pool, 'sub'))
  })
})
