import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { newAccessKey } from '../../src/access/access-key.ts'
import type { Headers } from '../../src/access/signed-request.ts'
import { signedRequest } from './request-signer.ts'
import { authorizationOf, long, minute, mismatch, now, session, unrecognized, verify, withHeaders } from './verify.ts'

describe('A valid signature', () => {
  it('identifies its key', async () => {
    const key = await verify(await signedRequest({ ...long, at: now }))
    assert.equal(key.id, long.id)
  })

  it('is accepted twice, and for another day, region and service', async () => {
    for (const signer of [
      { ...long, at: now },
      { ...long, at: now },
      { ...long, at: now, region: 'eu-west-1' },
      { ...long, at: now, service: 'cognito-identity' },
      { ...long, at: now + 24 * 60 * minute },
    ]) {
      const key = await verify(await signedRequest(signer), { at: signer.at, services: ['cognito-idp', 'cognito-identity'] })
      assert.equal(key.id, long.id)
    }
  })

  it('is accepted with the hash of the body in a header', async () => {
    await verify(await signedRequest({ ...long, at: now, sendHash: true }))
  })

  it('is accepted with an empty body and with a body that is not ASCII', async () => {
    for (const body of ['', '{"Username":"Žofie 😀"}']) await verify(await signedRequest({ ...long, at: now }, { body }))
  })

  it('by a temporary access key is accepted with its session token', async () => {
    const key = await verify(await signedRequest({ ...session, at: now }))
    assert.equal(key.id, session.id)
  })

  it('is accepted with its parts in another order and with other spaces', async () => {
    const request = await signedRequest({ ...long, at: now })
    const parts = authorizationOf(request).replace('AWS4-HMAC-SHA256 ', '').split(', ')
    assert.equal(parts.length, 3)
    const written = [parts.toReversed().join(','), parts.join(',  '), ` ${parts.toReversed().join(' , ')} `]
    for (const text of written) await verify(withHeaders(request, { authorization: `AWS4-HMAC-SHA256 ${text}` }))
  })

  it('is accepted with headers that a proxy has added', async () => {
    const request = await signedRequest({ ...long, at: now })
    await verify(withHeaders(request, { date: 'Mon, 01 Jan 2024 00:00:00 GMT', 'x-forwarded-for': '192.0.2.1', 'x-amz-cf-id': 'abc' }))
  })

  it('is accepted with its header names in any order and case', async () => {
    const request = await signedRequest({ ...long, at: now })
    const authorization = authorizationOf(request).replace(/(?<=SignedHeaders=)[^,]+/, (list) =>
      list.toUpperCase().split(';').reverse().join(';'),
    )
    assert.notEqual(authorization, authorizationOf(request))
    await verify(withHeaders(request, { authorization }))
  })

  it('covers the normalized path, in which dot segments are resolved and double slashes are single', async () => {
    for (const path of ['/', '//', '/a/b', '/a/b/', '/a/./b//c', '/a/../b/../', '/..', '/../a', '/a%20b/%2F', '/é', '/*(!)']) {
      await verify(await signedRequest({ ...long, at: now }, { path }))
    }
  })

  it('covers any path, query and header that AWS can sign', async () => {
    // White space in values is spaces and tabs: Node allows no other in headers. AWS's signer trims and collapses only the spaces.
    const value = fc.string({ unit: fc.constantFrom('a', 'B', ' ', '\t', ',', '"', '~', '%', '=') })
    const segment = fc.string({ unit: fc.constantFrom('a', '.', '-', '~', '!', '*', "'", '(', '$', 'é', ' ', '/') }).map(encodeURI)
    const name = fc.string({ unit: fc.constantFrom('a', 'B', '-', ' ', '+', 'ü', '&', '=', '!'), minLength: 1 })
    const draft = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT'),
      path: fc.array(segment).map((segments) => `/${segments.join('/')}`),
      query: fc.dictionary(name, fc.oneof(value, fc.array(value, { minLength: 1 }))),
      headers: fc.dictionary(fc.constantFrom('x-custom', 'accept', 'x-amz-meta'), value),
      body: fc.string({ unit: 'binary' }),
    })
    await fc.assert(
      fc.asyncProperty(draft, async (parts) => {
        await verify(await signedRequest({ ...long, at: now }, parts))
      }),
      { numRuns: 150 },
    )
  })
})

/** Published by AWS with its Signature Version 4 test suite: service `service`, 2015-08-30. */
describe('The examples of AWS', () => {
  const cases: [name: string, method: string, query: string, headers: Headers, signature: string][] = [
    ['get-vanilla', 'GET', '', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '', {}, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      'Param2=value2&Param1=value1',
      {},
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-header-key-duplicate',
      'GET',
      '',
      { 'my-header1': ['value2', 'value2', 'value1'] },
      'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    ],
    [
      'get-header-value-trim',
      'GET',
      '',
      { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' },
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
  ]
  for (const [name, method, query, headers, signature] of cases) {
    it(`${name} is accepted`, async () => {
      const names = ['host', ...Object.keys(headers), 'x-amz-date'].join(';')
      const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`
      const key = await verify(
        {
          method,
          path: '/',
          query,
          headers: { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z', ...headers, authorization },
          body: Buffer.alloc(0),
        },
        { at: Date.UTC(2015, 7, 30, 12, 36), services: ['service'], region: 'us-east-1' },
      )
      assert.equal(key.id, 'AKIDEXAMPLE')
    })
  }

  it('from the guide, with a hash of the body in a header, is accepted only if the hash is right', async () => {
    const body = '{}'
    const realHash = createHash('sha256').update(body).digest('hex')
    for (const sentHash of [realHash, createHash('sha256').digest('hex')]) {
      const headers = { host: 'x.test', 'x-amz-content-sha256': sentHash, 'x-amz-date': '20261123T120000Z' }
      const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`)
      const names = Object.keys(headers).join(';')
      const request = ['POST', '/', '', ...lines, '', names, realHash].join('\n')
      const scope = ['20261123', 'us-east-1', 'cognito-idp', 'aws4_request']
      const text = ['AWS4-HMAC-SHA256', '20261123T120000Z', scope.join('/'), createHash('sha256').update(request).digest('hex')].join('\n')
      const signature = [...scope, text].reduce(
        (key, part) => createHmac('sha256', key).update(part).digest(),
        Buffer.from(`AWS4${long.secret}`),
      )
      const authorization = `AWS4-HMAC-SHA256 Credential=${long.id}/${scope.join('/')}, SignedHeaders=${names}, Signature=${signature.toString('hex')}`
      const outcome = verify({ method: 'POST', path: '/', query: '', headers: { ...headers, authorization }, body: Buffer.from(body) })
      if (sentHash === realHash) assert.equal((await outcome).id, long.id)
      else await assert.rejects(outcome, mismatch)
    }
  })

  it('include one from 2011 that is accepted, although its time is in the Date header', async () => {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20110909/us-east-1/host/aws4_request, SignedHeaders=date;host, Signature=b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d0670a7e470'
    const key = await verify(
      {
        method: 'GET',
        path: '/',
        query: '',
        headers: { host: 'host.foo.com', date: 'Mon, 09 Sep 2011 23:36:00 GMT', authorization },
        body: Buffer.alloc(0),
      },
      { at: Date.UTC(2011, 8, 9, 23, 36), services: ['host'] },
    )
    assert.equal(key.id, 'AKIDEXAMPLE')
  })
})

describe('A request that was changed after it was signed', () => {
  it('is rejected when its body was changed', async () => {
    const request = await signedRequest({ ...long, at: now })
    await assert.rejects(verify({ ...request, body: Buffer.from(request.body.toString().replace('ana', 'bob')) }), mismatch)
  })

  it('is rejected when its body was changed and a header has the old hash or a new one', async () => {
    const request = await signedRequest({ ...long, at: now, sendHash: true })
    const other = await signedRequest({ ...long, at: now, sendHash: true }, { body: '{}' })
    const hash = other.headers['x-amz-content-sha256']
    assert.notEqual(hash, undefined)
    await assert.rejects(verify({ ...request, body: other.body }), mismatch)
    await assert.rejects(verify(withHeaders({ ...request, body: other.body }, { 'x-amz-content-sha256': hash })), mismatch)
  })

  it('is rejected when its operation was changed', async () => {
    const request = await signedRequest({ ...long, at: now })
    await assert.rejects(verify(withHeaders(request, { 'x-amz-target': 'AWSCognitoIdentityProviderService.AdminDeleteUser' })), mismatch)
  })

  it('is rejected when its method, path, query or headers were changed', async () => {
    const request = await signedRequest({ ...long, at: now }, { query: { a: '1' } })
    await verify(request)
    for (const changed of [
      { ...request, method: 'PUT' },
      { ...request, path: '/x' },
      { ...request, query: 'a=2' },
      { ...request, query: 'a=1&b' },
      { ...request, query: '' },
      withHeaders(request, { host: 'other.example.test' }),
      withHeaders(request, { 'x-amz-date': '20261123T120001Z' }),
      withHeaders(request, { 'content-type': 'text/plain' }),
      withHeaders(request, { 'content-type': undefined }),
    ]) {
      await assert.rejects(verify(changed), mismatch)
    }
  })

  it('is rejected with any other signature of any length', async () => {
    const request = await signedRequest({ ...long, at: now })
    const authorization = authorizationOf(request)
    const signature = /Signature=(\w+)/.exec(authorization)?.[1] ?? ''
    assert.equal(signature.length, 64)
    const flipped = (signature[0] === '0' ? '1' : '0') + signature.slice(1)
    for (const other of [flipped, signature.slice(1), `${signature}0`, signature.toUpperCase(), 'x', '😀']) {
      await assert.rejects(verify(withHeaders(request, { authorization: authorization.replace(signature, other) })), mismatch)
    }
  })
})

describe('An access key', () => {
  it('that does not exist is rejected', async () => {
    await assert.rejects(verify(await signedRequest({ ...newAccessKey('long-lived'), at: now })), unrecognized)
    for (const id of ['__proto__', '', '%', 'AKIA']) {
      await assert.rejects(verify(await signedRequest({ id, secret: 'x', at: now })), unrecognized)
    }
  })

  it('is rejected with another secret', async () => {
    await assert.rejects(verify(await signedRequest({ id: long.id, secret: session.secret, at: now })), mismatch)
  })

  it('that is temporary is rejected without its session token, with another token, and with an unsigned token', async () => {
    await assert.rejects(verify(await signedRequest({ ...session, sessionToken: undefined, at: now })), unrecognized)
    await assert.rejects(verify(await signedRequest({ ...session, sessionToken: 'other', at: now })), unrecognized)
    const request = await signedRequest({ ...session, sessionToken: undefined, at: now })
    await assert.rejects(verify(withHeaders(request, { 'x-amz-security-token': session.sessionToken })), {
      code: 'InvalidSignatureException',
      message: "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization.",
    })
  })

  it('that is long-lived is rejected with a session token', async () => {
    await assert.rejects(verify(await signedRequest({ ...long, sessionToken: session.sessionToken, at: now })), unrecognized)
  })

  it('that is temporary expires', async () => {
    await verify(await signedRequest({ ...session, at: now }), { at: now + minute - 1 })
    await assert.rejects(verify(await signedRequest({ ...session, at: now }), { at: now + minute }), {
      code: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    })
  })

  it('that has expired is reported as expired only if the signature is right', async () => {
    const request = await signedRequest({ ...session, secret: long.secret, at: now })
    await assert.rejects(verify(request, { at: now + minute }), mismatch)
  })
})
