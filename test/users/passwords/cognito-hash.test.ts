import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkImportedHash } from '../../../src/users/passwords/check-imported-hash.ts'
import { readCognitoHash } from '../../../src/users/passwords/cognito-hash.ts'
import type { HashAlgorithm } from '../../../src/users/passwords/imported-hash.ts'

/**
 * Hashes made by other programs. libxcrypt made the bcrypt hashes. Python's hashlib made the PBKDF2 and scrypt hashes of `correct horse`.
 * The hash of `toomanysecrets` is from the documentation of passlib. The others are vectors of RFC 7914 §11 and §12, and of the reference
 * implementation of Argon2.
 */
const vectors: readonly (readonly [HashAlgorithm, string, string])[] = [
  ['BCRYPT', 'correct horse', '$2a$06$abcdefghijklmnopqrstuud/5IuQmqhVO0kfNEbHJM.fJkPiliBzC'],
  ['BCRYPT', 'pässwörd', '$2b$04$ZYXWVUTSRQPONMLKJIHGFeb/fUPDthXzL4x0b6zzAe3BnsS6a5eCK'],
  ['BCRYPT', 'x'.repeat(80), '$2y$05$......................YgIDy4hFBdVlc/6LHnD9mX488r9cLd2'],
  ['BCRYPT', 'correct horse', '$2x$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2'],
  [
    'SCRYPT',
    'pleaseletmein',
    `16384$8$1$${Buffer.from('SodiumChloride').toString('hex')}$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887`,
  ],
  [
    'SCRYPT',
    'correct horse',
    '65536$8$1$00112233445566778899AABBCCDDEEFF$c5a36dd1672b7227d354ee26141acc401ce3485b90716e85b5f0a749f3e1e258',
  ],
  ['ARGON2ID', 'password', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'],
  ['PBKDF2_SHA256', 'toomanysecrets', '$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk'],
  [
    'PBKDF2_SHA256',
    'Password',
    `$pbkdf2-sha256$80000$TmFDbA==$${Buffer.from('4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d', 'hex').toString('base64')}`,
  ],
  ['PBKDF2_SHA256', 'correct horse', '$pbkdf2-sha256$600000$MDEyMzQ1Njc4OWFiY2RlZg$kYKAg/dg7WC7VQ4k8.iaopu8snxCGdA0xMTwPC5tudk'],
]

const bcryptTail = 'abcdefghijklmnopqrstuud/5IuQmqhVO0kfNEbHJM.fJkPiliBzC'
const hexSalt = '00112233'
const hexKey = 'c5a36dd1672b7227d354ee26141acc40'
const b64 = 'c29tZXNhbHQ'
const b64Key = 'nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'

const refused: readonly (readonly [HashAlgorithm, string, string])[] = [
  ['BCRYPT', 'a cost above 12', `$2b$13$${bcryptTail}`],
  ['BCRYPT', 'a cost below 4', `$2b$03$${bcryptTail}`],
  ['BCRYPT', 'an unknown revision', `$2c$10$${bcryptTail}`],
  ['BCRYPT', 'a hash that is too short', `$2b$10$${bcryptTail.slice(1)}`],
  ['BCRYPT', 'another algorithm', vectors[6]?.[2] ?? ''],
  ['SCRYPT', 'N above 65536', `131072$8$1$${hexSalt}$${hexKey}`],
  ['SCRYPT', 'N that is no power of two', `65535$8$1$${hexSalt}$${hexKey}`],
  ['SCRYPT', 'N of zero', `0$8$1$${hexSalt}$${hexKey}`],
  ['SCRYPT', 'r above 8', `16384$9$1$${hexSalt}$${hexKey}`],
  ['SCRYPT', 'p above 1', `16384$8$2$${hexSalt}$${hexKey}`],
  ['SCRYPT', 'a key of a few bytes', `16384$8$1$${hexSalt}$c5a3`],
  ['SCRYPT', 'half a byte', `16384$8$1$${hexSalt}0$${hexKey}`],
  ['ARGON2ID', 'too much memory', `$argon2id$v=19$m=19457,t=2,p=1$${b64}$${b64Key}`],
  ['ARGON2ID', 'too little memory', `$argon2id$v=19$m=7,t=2,p=1$${b64}$${b64Key}`],
  ['ARGON2ID', 'too many passes', `$argon2id$v=19$m=256,t=3,p=1$${b64}$${b64Key}`],
  ['ARGON2ID', 'too many lanes', `$argon2id$v=19$m=256,t=2,p=2$${b64}$${b64Key}`],
  ['ARGON2ID', 'an older version', `$argon2id$v=16$m=256,t=2,p=1$${b64}$${b64Key}`],
  ['ARGON2ID', 'another variant', `$argon2i$v=19$m=256,t=2,p=1$${b64}$${b64Key}`],
  ['ARGON2ID', 'a salt of a few bytes', `$argon2id$v=19$m=256,t=2,p=1$c29t$${b64Key}`],
  ['PBKDF2_SHA256', 'too many iterations', `$pbkdf2-sha256$600001$${b64}$${b64Key}`],
  ['PBKDF2_SHA256', 'no iterations', `$pbkdf2-sha256$0$${b64}$${b64Key}`],
  ['PBKDF2_SHA256', 'another digest', `$pbkdf2-sha512$1000$${b64}$${b64Key}`],
]

describe('Imported password hashes', () => {
  for (const [algorithm, password, hash] of vectors) {
    it(`match their password but not another one: ${hash.slice(0, 40)}`, () => {
      assert.equal(checkImportedHash({ algorithm, hash, password }), true)
      assert.equal(checkImportedHash({ algorithm, hash, password: `X${password}` }), false)
    })
  }

  for (const [algorithm, what, hash] of refused) {
    it(`of ${algorithm} are refused for ${what}`, () => {
      assert.equal(readCognitoHash(algorithm, hash), undefined)
    })
  }
})
