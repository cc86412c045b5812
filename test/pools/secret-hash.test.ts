import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isClientSecretValid, requireSecretHash, secretHash } from '../../src/pools/secret-hash.ts'

const secret = (value: string) => ({ id: 'x', value, createdAt: 0 })
const client = { id: 'client456', secrets: [secret('old-secret'), secret('secret123')] }
const publicClient = { id: 'client456', secrets: [] }
const sample = 'qBsFMmWqi7DNCzPcSToHBghK7oLGC0+HiHGheaRT0tM='

describe('A secret hash', () => {
  it('is the one that clients of Cognito compute', () => {
    assert.equal(secretHash('secret123', 'alice', 'client456'), sample)
  })

  it('is accepted when it was made with any secret of the client', () => {
    requireSecretHash(client, 'alice', sample)
    requireSecretHash(client, 'alice', secretHash('old-secret', 'alice', 'client456'))
  })

  it('is refused when it is missing', () => {
    const message = 'Client client456 is configured for secret but secret was not received'
    for (const missing of [undefined, '']) {
      assert.throws(() => requireSecretHash(client, 'alice', missing), { code: 'NotAuthorizedException', message })
    }
  })

  it('is refused when secret, user or anything else is different', () => {
    const message = 'Unable to verify secret hash for client client456'
    const wrong = [
      secretHash('guess', 'alice', 'client456'),
      secretHash('secret123', 'bob', 'client456'),
      sample.slice(0, -1),
      'x',
      'secret123',
    ]
    for (const hash of wrong) assert.throws(() => requireSecretHash(client, 'alice', hash), { code: 'NotAuthorizedException', message })
  })

  it('is not looked at when the client has no secret', () => {
    requireSecretHash(publicClient, 'alice', undefined)
    requireSecretHash(publicClient, 'alice', 'anything')
  })
})

describe('A client secret', () => {
  it('is proved by any active one', () => {
    assert.equal(isClientSecretValid(client, 'secret123'), true)
    assert.equal(isClientSecretValid(client, 'old-secret'), true)
    assert.equal(isClientSecretValid(client, 'secret12'), false)
    assert.equal(isClientSecretValid(client, ''), false)
    assert.equal(isClientSecretValid(client, undefined), false)
  })

  it('is nothing to prove for a client without one', () => {
    assert.equal(isClientSecretValid(publicClient, undefined), true)
  })
})
