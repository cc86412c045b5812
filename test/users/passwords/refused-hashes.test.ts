import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkImportedHash } from '../../../src/users/passwords/check-imported-hash.ts'
import { type ImportAlgorithm, importAlgorithms, isImportAlgorithm, readImportedHash } from '../../../src/users/passwords/imported-hash.ts'
import { b64 } from './hashes-of-others.ts'

const salt = b64('0123456789abcdef')
const key = b64(Buffer.alloc(32, 7))
const unpadded = (text: string) => text.replace(/=+$/, '')
const phc = `${unpadded(salt)}$${unpadded(key)}`
const tail = 'abcdefghijklmnopqrstuud/5IuQmqhVO0kfNEbHJM.fJkPiliBzC'
const signer = b64(Buffer.alloc(64, 1))
const verifier = b64(Buffer.alloc(384, 5))

/** The most expensive hash that is taken, and one that is refused. */
const bounds: readonly (readonly [ImportAlgorithm, string, string])[] = [
  ['BCRYPT', `$2b$14$${tail}`, `$2b$15$${tail}`],
  ['SCRYPT', `$scrypt$ln=17,r=8,p=1$${phc}`, `$scrypt$ln=18,r=8,p=1$${phc}`],
  ['SCRYPT', `$scrypt$ln=131072,r=8,p=1$${phc}`, `$scrypt$ln=131072,r=9,p=1$${phc}`],
  ['SCRYPT', `$scrypt$ln=16,r=8,p=2$${phc}`, `$scrypt$ln=16,r=8,p=3$${phc}`],
  ['SCRYPT', `$scrypt$ln=4,r=1,p=16$${phc}`, `$scrypt$ln=4,r=1,p=17$${phc}`],
  ['SCRYPT', `$scrypt$ln=4,r=32,p=1$${phc}`, `$scrypt$ln=4,r=33,p=1$${phc}`],
  ['ARGON2ID', `$argon2id$v=19$m=131072,t=4,p=1$${phc}`, `$argon2id$v=19$m=131073,t=3,p=1$${phc}`],
  ['ARGON2ID', `$argon2id$v=19$m=65536,t=8,p=4$${phc}`, `$argon2id$v=19$m=65536,t=9,p=4$${phc}`],
  ['ARGON2I', `$argon2i$v=19$m=512,t=1024,p=64$${phc}`, `$argon2i$v=19$m=520,t=1,p=65$${phc}`],
  ['PBKDF2_SHA1', `$pbkdf2$2000000$${phc}`, `$pbkdf2$2000001$${phc}`],
  ['PBKDF2_SHA256', `$pbkdf2-sha256$i=1000000,l=32$${phc}`, `$pbkdf2-sha256$i=1000001,l=32$${phc}`],
  ['PBKDF2_SHA512', `$pbkdf2-sha512$500000$${phc}`, `$pbkdf2-sha512$500001$${phc}`],
  [
    'FIREBASE_SCRYPT',
    `$firescrypt$ln=17,r=8,p=1$${salt}$${signer}$Bw==$${signer}`,
    `$firescrypt$ln=18,r=8,p=1$${salt}$${signer}$Bw==$${signer}`,
  ],
  ['PHPASS_MD5', '$P$FIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0', '$P$GIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
  ['PHPASS_MD5', `$phpass-md5$n=250000$${salt}$eRo7ud9Fh4E2PdI0S3r.L0`, `$phpass-md5$n=250001$${salt}$eRo7ud9Fh4E2PdI0S3r.L0`],
  ['SHA256', `$sha256$salt=prefix,n=250000$${salt}$${key}`, `$sha256$salt=prefix,n=250001$${salt}$${key}`],
]

const malformed: readonly (readonly [ImportAlgorithm, string, string])[] = [
  ['BCRYPT', 'a hash of another algorithm', `$scrypt$ln=10,r=8,p=1$${phc}`],
  ['SCRYPT', 'N that is no power of two', `$scrypt$ln=16385,r=8,p=1$${phc}`],
  ['SCRYPT', 'N of 1', `$scrypt$ln=0,r=8,p=1$${phc}`],
  ['SCRYPT', 'no salt', `$scrypt$ln=10,r=8,p=1$$${key}`],
  ['ARGON2ID', 'the variant i', `$argon2i$v=19$m=256,t=2,p=1$${phc}`],
  ['ARGON2I', 'the variant id', `$argon2id$v=19$m=256,t=2,p=1$${phc}`],
  ['ARGON2ID', 'fewer than eight blocks for a lane', `$argon2id$v=19$m=31,t=2,p=4$${phc}`],
  ['ARGON2ID', 'no pass', `$argon2id$v=19$m=256,t=0,p=1$${phc}`],
  ['PBKDF2_SHA512', 'another digest', `$pbkdf2-sha256$1000$${phc}`],
  ['PBKDF2_SHA1', 'no iterations', `$pbkdf2$0$${phc}`],
  ['FIREBASE_SCRYPT', 'no signer key', `$firescrypt$ln=14,r=8,p=1$${salt}$${signer}$Bw==$`],
  ['FIREBASE_SCRYPT', 'a signer key of another length', `$firescrypt$ln=14,r=8,p=1$${salt}$${signer}$Bw==$${key}`],
  ['SHA256', 'a digest of another length', `$sha256$salt=prefix$${salt}$${salt}`],
  ['SHA256', 'a pattern without the password', `$sha256$pf=${b64('{SALT}')}$${salt}$${key}`],
  ['SHA256', 'a pattern with the password five times', `$sha256$pf=${b64('{PASSWORD}'.repeat(5))}$${salt}$${key}`],
  ['SHA256', 'an empty pattern', `$sha256$pf=$${salt}$${key}`],
  ['SHA256', 'no rounds', `$sha256$salt=prefix,n=0$${salt}$${key}`],
  ['SHA1', 'an LDAP value that is too short', '{SSHA}tooshort'],
  ['SHA1', 'an LDAP value of another digest', `{SSHA256}${key}`],
  ['HMAC_SHA256', 'a digest of another length', `$hmac-sha256$${salt}$${salt}`],
  ['PHPASS_MD5', 'the digest SHA-512', '$S$CFURCPa.k6FAEbJPgejaW4nijv7rYgGc4dUJtChQtV4KLJTPTC/u'],
  ['PHPASS_SHA512', 'a hash that is cut off', '$S$CFURCPa.k6FAEbJPgejaW4nijv7rYgGc4dUJt'],
  ['PHPASS_MD5', 'no salt', '$phpass-md5$n=8$$eRo7ud9Fh4E2PdI0S3r.L0'],
  ['PHPASS_MD5', 'no rounds', `$phpass-md5$n=0$${salt}$eRo7ud9Fh4E2PdI0S3r.L0`],
  ['PHPASS_MD5', 'digits of Base64', `$phpass-md5$n=8$${salt}$eRo7ud9Fh4E2PdI0S3r+L0`],
  ['SRP', 'a verifier of 0', `$srp$abcDEF123$${b64('ana')}$${salt}$AA==`],
  ['SRP', 'a verifier of 1', `$srp$abcDEF123$${b64('ana')}$${salt}$AQ==`],
  ['SRP', 'a verifier that is no residue', `$srp$abcDEF123$${b64('ana')}$${salt}$${b64(Buffer.alloc(384, 255))}`],
  ['SRP', 'no username', `$srp$abcDEF123$$${salt}$${verifier}`],
  ['SRP', 'no salt', `$srp$abcDEF123$${b64('ana')}$$${verifier}`],
  ['SRP', 'no name of a pool', `$srp$$${b64('ana')}$${salt}$${verifier}`],
]

describe('Imported password hashes are refused', () => {
  for (const [algorithm, taken, refused] of bounds) {
    it(`above the limit of ${algorithm}: ${refused.slice(0, 40)}`, () => {
      assert.notEqual(readImportedHash(algorithm, taken), undefined)
      assert.equal(readImportedHash(algorithm, refused), undefined)
      assert.throws(() => checkImportedHash({ algorithm, hash: refused, password: 'x' }), /cannot be read/)
    })
  }

  for (const [algorithm, what, hash] of malformed) {
    it(`of ${algorithm} for ${what}`, () => assert.equal(readImportedHash(algorithm, hash), undefined))
  }

  for (const algorithm of importAlgorithms) {
    it(`of ${algorithm} for texts that are no hash`, () => {
      for (const text of ['', '$', '$$$$$$', 'ab\0', `$${algorithm.toLowerCase()}$`, '$2b$10$'.repeat(1000), `${'$a'.repeat(100_000)}`]) {
        assert.equal(readImportedHash(algorithm, text), undefined)
      }
    })
  }

  it('for names that every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'bcrypt', '']) assert.equal(isImportAlgorithm(name), false)
    assert.equal(isImportAlgorithm('SRP'), true)
  })
})
