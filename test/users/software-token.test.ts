import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { Secret } from 'otpauth'
import { createSecrets } from '../../src/base/secrets.ts'
import { findTimeStep, newSoftwareSecret, openSoftwareSecret, sealSoftwareSecret } from '../../src/users/mfa/software-token.ts'

describe('A software token', () => {
  it('accepts the codes of RFC 6238, appendix B', () => {
    const secret = Secret.fromLatin1('12345678901234567890').base32
    const vectors: readonly (readonly [seconds: number, code: string])[] = [
      [59, '287082'],
      [1_111_111_109, '081804'],
      [1_111_111_111, '050471'],
      [1_234_567_890, '005924'],
      [2_000_000_000, '279037'],
      [20_000_000_000, '353130'],
    ]
    for (const [seconds, code] of vectors) assert.equal(findTimeStep(secret, code, seconds * 1000), Math.floor(seconds / 30), code)
  })

  it('accepts a code in its own time step, in the one before and in the one after', () => {
    const secret = Secret.fromLatin1('12345678901234567890').base32
    const step = 37_037_037
    const at = (offset: number) => findTimeStep(secret, '050471', (step + offset) * 30_000)
    assert.deepEqual([-2, -1, 0, 1, 2].map(at), [undefined, step, step, step, undefined])
  })

  it('rejects a code that is not six ASCII digits', () => {
    const secret = newSoftwareSecret()
    for (const code of ['', '12345', '1234567', 'abcdef', '12345 ', '٠١٢٣٤٥', '１２３４５６', '\ud83d\ude00\ud83d\ude00\ud83d\ude00'])
      assert.equal(findTimeStep(secret, code, 0), undefined, code)
  })

  it('has a new secret of 52 Base32 characters each time', () => {
    const secret = newSoftwareSecret()
    assert.match(secret, /^[A-Z2-7]{52}$/)
    assert.notEqual(newSoftwareSecret(), secret)
  })

  it('is sealed for its pool and user, and cannot be opened for another pool or user', () => {
    const secrets = createSecrets(randomBytes(32))
    const user = { poolId: 'us-east-1_Pool00001', sub: 'ana' }
    const secret = newSoftwareSecret()
    const sealed = sealSoftwareSecret(secrets, user, secret)
    assert.ok(!sealed.includes(secret))
    assert.equal(openSoftwareSecret(secrets, user, sealed), secret)
    for (const other of [
      { ...user, sub: 'ben' },
      { ...user, poolId: 'us-east-1_Pool00002' },
    ])
      assert.throws(() => openSoftwareSecret(secrets, other, sealed), /cannot be opened/)
  })
})
