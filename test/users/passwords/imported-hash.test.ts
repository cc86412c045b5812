import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkImportedHash } from '../../../src/users/passwords/check-imported-hash.ts'
import { type ImportAlgorithm, readImportedHash } from '../../../src/users/passwords/imported-hash.ts'
import { b64, otherHashes, repeatedDigest } from './hashes-of-others.ts'

/**
 * Hashes that other systems published. The first two are from the documentation of Firebase's scrypt and the tests of Kratos, as are the
 * others with `pf`, `{SSHA}`, `ln=16384` and `hmac`.
 */
const published: readonly (readonly [ImportAlgorithm, string, string])[] = [
  [
    'FIREBASE_SCRYPT',
    'user1password',
    '$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$Bw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  ],
  [
    'FIREBASE_SCRYPT',
    '8x4WjoDbSxJZdR',
    '$firescrypt$ln=14,r=8,p=1$sPtDhWcd1MfdAw==$xbSou7FOl6mChCyzpCPIQ7tku7nsQMTFtyOZSXXd7tjBa4NtimOx7v42Gv2SfzPQu1oxM2/k4SsbOu73wlKe1A==$Bw==$YE0dO4bwD4JnJafh6lZZfkp1MtKzuKAXQcDCJNJNyeCHairWHKENOkbh3dzwaCdizzOspwr/FITUVlnOAwPKyw==',
  ],
  ['MD5', 'ory', '$md5$pf=e1BBU1NXT1JEfXtTQUxUfSQ/$MTIzNDU2Nzg5$8PhwWanVRnpJAFK4NUjR0w=='],
  ['MD5', 'test', '$md5$CY9rzUYh03PK3k6DJie09g=='],
  ['SHA1', 'test', '$sha1$pf=JHtQQVNTV09SRH0ke1NBTFR9JA==$NW9wbWtnejAzcg==$iE5n1yjX3oAdxRHwZ4u57I4LpQo='],
  ['SHA1', 'test123', '{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a'],
  ['SHA256', 'test', '$sha256$pf=e1NBTFR9JCR7UEFTU1dPUkR9$NW9wbWtnejAzcg==$HokCOi9OtiZaZRvnkgemV3B4UUHpI7kA8zq/EZWH2NY='],
  ['SCRYPT', 'test', '$scrypt$ln=16384,r=8,p=1$2npRo7P03Mt8keSoMbyD/tKFWyUzjiQf2svUaNDSrhA=$MiCzNcIplSMqSBrm4HckjYqYhaVPPjTARTzwB1cVNYE='],
  ['ARGON2I', 'test', '$argon2i$v=19$m=65536,t=3,p=4$kk51rW/vxIVCYn+EG4kTSg$NyT88uraJ6im6dyha/M5jhXvpqlEdlS/9fEm7ScMb8c'],
  // From the tests of phpass and of John the Ripper.
  ['PHPASS_MD5', 'test12345', '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
  ['PHPASS_MD5', 'test12345', '$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
  ['PHPASS_MD5', '123456', '$P$BVaXtDXwf/ceSVp8VpLKx8bS2Y4O5F/'],
  ['PHPASS_MD5', 'test12345', `$phpass-md5$n=2048$${b64('IQRaTwmf')}$eRo7ud9Fh4E2PdI0S3r.L0`],
  ['PHPASS_SHA512', 'virtualabc', '$S$CwkjgAKeSx2imSiN3SyBEg8e0sgE2QOx4a/VIfCHN0BZUNAWCr1X'],
  ['PHPASS_SHA512', 'password', '$S$CFURCPa.k6FAEbJPgejaW4nijv7rYgGc4dUJtChQtV4KLJTPTC/u'],
  ['HMAC_SHA256', 'test', '$hmac-sha256$ZTAzMWJhMWMyOTM4YjFkMjgzZjkxOWExZGY5YWM2NmMxOTJhN2RkNzQ0MzJkNWZkNGFkYTI5OTk0MWJhMTA5Zg==$MTIzNDU='],
]

const passwords = ['correct horse', 'pässwörd ✓ 密碼', 'before\0after', 'x'.repeat(72), '']

const isRight = (algorithm: ImportAlgorithm, hash: string, password: string) => checkImportedHash({ algorithm, hash, password })

describe('Imported password hashes', () => {
  for (const { algorithm, form, make, needsPassword } of otherHashes) {
    it(`of ${algorithm} (${form}) match their password only`, async () => {
      for (const password of passwords) {
        if (needsPassword && password === '') continue
        const hash = await make(password)
        assert.equal(isRight(algorithm, hash, password), true, `${hash} of ${JSON.stringify(password)}`)
        const others = passwords.filter((other) => other !== password)
        for (const wrong of [...others, `X${password}`, 'before']) assert.equal(isRight(algorithm, hash, wrong), false, `${hash}: ${wrong}`)
      }
    })
  }

  for (const [algorithm, password, hash] of published) {
    it(`that others published match their password only: ${hash.slice(0, 30)}`, () => {
      assert.equal(isRight(algorithm, hash, password), true)
      for (const wrong of [`${password} `, '', `\0${password}`]) assert.equal(isRight(algorithm, hash, wrong), false)
    })
  }

  it('of bcrypt match by the first 72 bytes of a password', async () => {
    const bcrypt = otherHashes.find(({ algorithm }) => algorithm === 'BCRYPT')
    const hash = (await bcrypt?.make('x'.repeat(72))) ?? ''
    assert.equal(isRight('BCRYPT', hash, `${'x'.repeat(72)}y`), true)
    assert.equal(isRight('BCRYPT', hash, 'x'.repeat(71)), false)
    assert.equal(isRight('BCRYPT', hash, `${'x'.repeat(70)}é`), false)
  })

  it('may have the salt in two places, and texts between', async () => {
    const pattern = b64('a{SALT}b{PASSWORD}c{SALT}d')
    const key = await repeatedDigest('sha256', Buffer.from('aSbpassword{SALT}cSd'), 3)
    const hash = `$sha256$pf=${pattern},n=3$${b64('S')}$${b64(key)}`
    assert.equal(isRight('SHA256', hash, 'password{SALT}'), true)
    assert.equal(isRight('SHA256', hash, 'passwordS'), false)
  })

  it('of an empty password do not match where the key is cut off', () => {
    assert.equal(readImportedHash('SHA256', '$sha256$'), undefined)
    assert.equal(readImportedHash('HMAC_SHA256', '$hmac-sha256$$'), undefined)
  })
})
