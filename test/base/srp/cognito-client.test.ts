import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { after, describe, it } from 'node:test'
import { newSalt, openExchange, readClientPublic, readVerifier, srpX, verifyClaim } from '../../../src/base/srp/exchange.ts'
import { toInteger } from '../../../src/base/srp/group.ts'
import { createSrpPowers } from '../../../src/base/srp/powers.ts'

type BigInteger = { toString(radix: number): string }
type Callback<T> = (error: Error | null, value: T) => void
type AuthenticationHelper = {
  getLargeAValue(callback: Callback<BigInteger>): void
  getPasswordAuthenticationKey(name: string, password: string, b: BigInteger, salt: BigInteger, callback: Callback<Uint8Array>): void
  generateHashDevice(group: string, name: string, callback: Callback<undefined>): void
  getRandomPassword(): string
  getSaltDevices(): string
  getVerifierDevices(): string
}

// The SRP code of amazon-cognito-identity-js, which the package does not export by name.
const require = createRequire(import.meta.url)
const Helper: new (group: string) => AuthenticationHelper = require('amazon-cognito-identity-js/lib/AuthenticationHelper').default
const Integer: new (hex: string, radix: number) => BigInteger = require('amazon-cognito-identity-js/lib/BigInteger').default

function promisify<T>(start: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))))
}

describe('A client with amazon-cognito-identity-js', () => {
  const powers = createSrpPowers({ workers: 1, queueLimit: 10 })
  after(() => powers.close())

  /** Whether the server accepts the signature of a client with `password`. B is k·v + g^b for sign 1, and k·v − g^b for sign −1. */
  async function signIn(account: { group: string; name: string; salt: Buffer; verifier: Buffer }, password: string, sign: 1 | -1) {
    const { group, name, salt, verifier } = account
    const client = new Helper(group)
    const a = readClientPublic((await promisify(client.getLargeAValue.bind(client))).toString(16))
    assert.ok(a)
    const signed = { publicB: (v: Uint8Array, b: Uint8Array) => powers.publicB(v, b, sign) }
    const { publicB, state } = await openExchange(signed, verifier, a)
    const key = await promisify<Uint8Array>((callback) =>
      client.getPasswordAuthenticationKey(name, password, new Integer(publicB, 16), new Integer(salt.toString('hex'), 16), callback),
    )
    const claim = { group, name, secretBlock: createHash('sha256').update(state).digest(), timestamp: 'Tue Jun 2 07:08:09 UTC 2026' }
    const signature = createHmac('sha256', key).update(group).update(name).update(claim.secretBlock).update(claim.timestamp)
    return verifyClaim(powers, { verifier, state, claim, signature: signature.digest('base64') })
  }

  it('signs in with the right password and not with a wrong one, for both signs of g^b in B', async () => {
    const [group, name, salt] = ['AbCdEfGhI', 'ana', newSalt()]
    const account = { group, name, salt, verifier: await powers.verifier(srpX(group, name, 'Passw0rd!', salt)) }
    for (const sign of [1, 1, -1, -1, -1] as const) assert.equal(await signIn(account, 'Passw0rd!', sign), true)
    for (const sign of [1, -1] as const) assert.equal(await signIn(account, 'passw0rd!', sign), false)
  })

  it('signs in with the password of a device for which the client made the verifier, and not with another password', async () => {
    const [group, name] = ['-AbCdEfGh', 'eu-west-1_11111111-2222-3333-4444-555555555555']
    const client = new Helper(group)
    await promisify((callback: Callback<undefined>) => client.generateHashDevice(group, name, callback))
    const salt = Buffer.from(client.getSaltDevices(), 'hex')
    const verifier = readVerifier(Buffer.from(client.getVerifierDevices(), 'hex'))
    assert.ok(verifier)
    assert.equal(toInteger(verifier), toInteger(await powers.verifier(srpX(group, name, client.getRandomPassword(), salt))))
    for (const sign of [1, -1] as const) assert.equal(await signIn({ group, name, salt, verifier }, client.getRandomPassword(), sign), true)
    assert.equal(await signIn({ group, name, salt, verifier }, 'another', 1), false)
  })
})
