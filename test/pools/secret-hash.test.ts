import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isClientSecretValid, requireSecretHash, secretHash } from '../../src/pools/secret-hash.ts'

const secret = (value: string) => ({ id: 'x', value, createdAt: 0 })
const client = { id: 'client456', secrets: [secret('old-secret'), secret('secret123')] }
const publicClient = { id: 'client456', secrets: [] }
const sample = 'qBsFMmWqi7DNCzPcSToHBghK7oLGC0+HiHGheaRT0tM='

describe('A secret hash', () => {
  it('is computed as clients of Cognito compute it', () => {
    assert.equal(secretHash('secret123', 'alice', 'client456'), sample)
  })

  it("is accepted when it was made with one of the client's secrets", () => {
    requireSecretHash(client, 'alice', sample)
    requireSecretHash(client, 'alice', secretHash('old-secret', 'alice', 'client456'))
  })

  it('is rejected when it is missing', () => {
    const message = 'Client client456 is configured for secret but secret was not received'
    for (const missing of [undefined, '']) {
      assert.throws(() => requireSecretHash(client, 'alice', missing), { code: 'NotAuthorizedException', message })
    }
  })

  it('is rejected when it was made with another secret or user, or is not a hash', () => {
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

  it('is ignored when the client has no secret', () => {
    requireSecretHash(publicClient, 'alice', undefined)
    requireSecretHash(publicClient, 'alice', 'anything')
  })
})

describe('A client secret', () => {
  it("is valid when it is one of the client's secrets", () => {
    assert.equal(isClientSecretValid(client, 'secret123'), true)
    assert.equal(isClientSecretValid(client, 'old-secret'), true)
    assert.equal(isClientSecretValid(client, 'secret12'), false)
    assert.equal(isClientSecretValid(client, ''), false)
    assert.equal(isClientSecretValid(client, undefined), false)
  })

  it('is not needed for a client without secrets', () => {
    assert.equal(isClientSecretValid(publicClient, undefined), true)
  })
})
