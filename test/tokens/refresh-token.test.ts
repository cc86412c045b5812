import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSecrets } from '../../src/base/secrets.ts'
import { readRefreshToken, writeRefreshToken } from '../../src/tokens/refresh-token.ts'

const secrets = createSecrets(Buffer.alloc(32, 7))

/** A token in a sealed format that every later release has to read, in lines of 120 characters. It is sealed by `secrets`. */
const issuedLongAgo = [
  'lgr_QKowL9-E2DqfEJiOqpdKnAS83sjzHcBcGyjzGbqJLcjhVrsAE447eJbBl4w-1_77wLqaCpEthHjQq035q3yHfFfg3-1GpppQ2s1gsDK9ZhyXg1tKfKSI',
  'BCiesNQEAhn2FeFp-rGxOzsgrpeMGeIdS5CDHjHsaSoJ5I2QjVw6aMGjiyYeleCarUxsJYq562hg3r4yqP7QDgTbHMhZ5a9GiHUb6VtqAQfuwP8WiPfu69ZR',
  '10vqXnwn2U5jBLXLjX_HjRs8EH269I0haLOAauee3c4wGX6nzB8_x-_AlJLTxg7-_iPavdM',
].join('')

const content = {
  poolId: 'us-east-1_Example01',
  clientId: 'client01',
  sub: 'a3f0c9d2-1111-4222-8333-444455556666',
  sessionId: '01980000-0000-7000-8000-000000000001',
  originJti: '6f1c0a52-3d0e-4a5b-9d5e-0a8f6f1f2b11',
  authTime: 1700000000,
  expiresAt: 4102444800000,
  generation: 3,
  methods: ['pwd', 'otp', 'mfa'],
} as const

describe('a refresh token', () => {
  it('is read in the sealed format of every release so far', () => {
    assert.deepEqual(readRefreshToken(secrets, issuedLongAgo), content)
    assert.deepEqual(readRefreshToken(secrets, writeRefreshToken(secrets, content)), content)
  })

  it('is still written as an array, which servers of the previous release can read', () => {
    const opened = secrets.open('refresh-token', writeRefreshToken(secrets, content).slice('lgr_'.length))
    assert.deepEqual(JSON.parse(opened?.toString() ?? ''), Object.values(content))
  })

  it('may have more elements than this release knows', () => {
    const more = secrets.seal('refresh-token', JSON.stringify([...Object.values(content), 'from a later release']))
    assert.deepEqual(readRefreshToken(secrets, `lgr_${more}`), content)
  })

  it('is invalid, but causes no exception, when this release does not know its sealed format', () => {
    for (const form of [{ v: 2, sub: content.sub }, null, 'text']) {
      assert.equal(readRefreshToken(secrets, `lgr_${secrets.seal('refresh-token', JSON.stringify(form))}`), undefined)
    }
  })
})

describe('a refresh token of the hosted pages', () => {
  const granted = { scopes: ['openid', 'https://api.test/read'], resource: 'https://api.test' }

  it('carries the granted scopes, the resource and the key of the client, with and without authentication methods', () => {
    for (const methods of [content.methods, undefined]) {
      for (const resource of [granted.resource, undefined]) {
        for (const boundTo of ['thumbprint', undefined]) {
          const token = { ...content, methods, granted: { ...granted, resource }, boundTo, sid: undefined }
          assert.deepEqual(readRefreshToken(secrets, writeRefreshToken(secrets, token)), token)
        }
      }
    }
  })

  it('carries the attributes and the level of assurance that the app asked for, with and without a key', () => {
    const claims = { userInfo: ['name', 'custom:plan'], idToken: [] }
    for (const asked of [{ claims }, { level: 3 as const }, { claims, level: 4 as const }]) {
      for (const boundTo of ['thumbprint', undefined]) {
        for (const sid of ['session', undefined]) {
          const token = { ...content, methods: undefined, granted: { ...granted, ...asked }, boundTo, sid }
          assert.deepEqual(readRefreshToken(secrets, writeRefreshToken(secrets, token)), token)
        }
      }
    }
  })

  it('keeps the form that it has had when the app asked for nothing', () => {
    for (const boundTo of ['thumbprint', undefined]) {
      const sealed = writeRefreshToken(secrets, { ...content, granted, boundTo }).slice('lgr_'.length)
      const form = JSON.parse(secrets.open('refresh-token', sealed, boundTo === undefined ? 'granted' : 'bound')?.toString() ?? '')
      assert.deepEqual(form, [...Object.values(content), granted.scopes, granted.resource, boundTo ?? null])
    }
  })

  it('does not open for a server of a release that would ignore its scopes', () => {
    for (const boundTo of ['thumbprint', undefined]) {
      const sealed = writeRefreshToken(secrets, { ...content, granted, boundTo }).slice('lgr_'.length)
      assert.equal(secrets.open('refresh-token', sealed), undefined)
    }
  })
})
