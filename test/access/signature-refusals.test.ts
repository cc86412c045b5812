import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Credential } from '../../src/access/credential.ts'
import { signedRequest } from './request-signer.ts'
import { authorizationOf, long, minute, mismatch, now, type Options, session, verify, withHeaders } from './verify.ts'

describe('The time of a signature', () => {
  it("may differ from the server's by five minutes", async () => {
    const request = await signedRequest({ ...long, at: now })
    for (const at of [now - 5 * minute, now + 5 * minute]) await verify(request, { at })
  })

  it('is rejected when it is over five minutes before the server’s time, so that a request cannot be replayed later', async () => {
    const request = await signedRequest({ ...long, at: now })
    await assert.rejects(verify(request, { at: now + 5 * minute + 1000 }), {
      code: 'InvalidSignatureException',
      message: 'Signature expired: 20261123T120000Z is now earlier than 20261123T120001Z (20261123T120501Z - 5 min.)',
    })
  })

  it('is rejected when it is over five minutes after the server’s time', async () => {
    const request = await signedRequest({ ...long, at: now })
    await assert.rejects(verify(request, { at: now - 5 * minute - 1000 }), {
      code: 'InvalidSignatureException',
      message: 'Signature not yet current: 20261123T120000Z is still later than 20261123T115959Z (20261123T115459Z + 5 min.)',
    })
  })

  it("is rejected in any other format than AWS's", async () => {
    const request = await signedRequest({ ...long, at: now })
    for (const date of [
      '',
      'yesterday',
      '2026-11-23T12:00:00Z',
      '20261123T120000',
      '20261399T120000Z',
      '20261123T120000Z, 20261123T120000Z',
    ]) {
      await assert.rejects(verify(withHeaders(request, { 'x-amz-date': date })), { code: 'IncompleteSignatureException' }, date)
    }
  })

  it('is read from the Date header when X-Amz-Date is missing; the Date header must then be signed', async () => {
    const request = await signedRequest({ ...long, at: now })
    const withoutDate = withHeaders(request, { 'x-amz-date': undefined })
    await assert.rejects(verify(withoutDate), {
      code: 'IncompleteSignatureException',
      message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    })
    await assert.rejects(verify(withHeaders(withoutDate, { date: 'Mon, 23 Nov 2026 12:00:00 GMT' })), {
      code: 'InvalidSignatureException',
      message: "'date' must be a 'SignedHeader' in the AWS Authorization.",
    })
  })
})

describe('The credential scope', () => {
  async function scoped(change: (authorization: string) => string, options?: Options): Promise<Credential> {
    const request = await signedRequest({ ...long, at: now })
    return verify(withHeaders(request, { authorization: change(authorizationOf(request)) }), options)
  }

  it('must name the expected region, if there is one', async () => {
    await scoped((text) => text, { region: 'us-east-1' })
    await assert.rejects(
      scoped((text) => text, { region: 'eu-west-1' }),
      { code: 'InvalidSignatureException', message: 'Credential should be scoped to a valid region.' },
    )
  })

  it('must name an expected service', async () => {
    await assert.rejects(
      scoped((text) => text, { services: ['cognito-identity'] }),
      { code: 'InvalidSignatureException', message: "Credential should be scoped to correct service: 'cognito-identity'." },
    )
  })

  it('must have the day of the signature and the right terminator; one error reports that both are wrong', async () => {
    await assert.rejects(
      scoped((text) => text.replace('/20261123/', '/20261122/').replace('aws4_request', 'aws5_request')),
      {
        code: 'InvalidSignatureException',
        message:
          "Credential should be scoped with a valid terminator: 'aws4_request'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261122' != '20261123', from '20261123T120000Z'.",
      },
    )
  })

  it('must have five parts', async () => {
    for (const credential of [
      long.id,
      `${long.id}/20261123/us-east-1/aws4_request`,
      `x/${long.id}/20261123/us-east-1/cognito-idp/aws4_request`,
    ]) {
      await assert.rejects(
        scoped((text) => text.replace(/Credential=[^,]+/, `Credential=${credential}`)),
        { code: 'IncompleteSignatureException' },
      )
    }
  })

  it('cannot be changed to another region, because the signature covers it', async () => {
    await assert.rejects(
      scoped((text) => text.replace('us-east-1', 'eu-west-1')),
      mismatch,
    )
  })
})

describe('The Authorization header', () => {
  it('is rejected when it is missing or not a signature', async () => {
    const request = await signedRequest({ ...long, at: now })
    for (const authorization of [undefined, '', ' ', 'Bearer abc', 'Basic YTpi', 'AWS abc:def']) {
      await assert.rejects(
        verify(withHeaders(request, { authorization })),
        { code: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' },
        authorization,
      )
    }
  })

  it('is rejected when a part is missing, repeated or malformed', async () => {
    const request = await signedRequest({ ...long, at: now })
    const whole = authorizationOf(request)
    const cases: [string, RegExp][] = [
      [
        'AWS4-HMAC-SHA256 Credential=',
        /^Authorization header requires 'Credential' parameter.*'Signature' parameter.*'SignedHeaders' parameter/,
      ],
      ['AWS4-HMAC-SHA256', /not a valid key=value pair/],
      [whole.replace(/Signature=.*/, 'Signature='), /^Authorization header requires 'Signature' parameter\.$/],
      [whole.replace(/Credential=[^,]+, /, ''), /^Authorization header requires 'Credential' parameter\.$/],
      [whole.replace(/SignedHeaders=[^,]+, /, ''), /^Authorization header requires 'SignedHeaders' parameter\.$/],
      [whole.replace('SHA256', 'SHA512'), /^Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'/],
      [`${whole}, Credential=x`, /twice/],
      [`${whole}, x`, /not a valid key=value pair/],
      [whole.replace('host;', 'host;host;'), /distinct header names/],
      [whole.replace('host;', 'host;;'), /distinct header names/],
      [whole.replace('host;', 'host;a b;'), /distinct header names/],
    ]
    for (const [authorization, message] of cases) {
      await assert.rejects(
        verify(withHeaders(request, { authorization })),
        { code: 'IncompleteSignatureException', message },
        authorization,
      )
    }
  })

  it('is rejected when a header on which the server relies is not signed', async () => {
    const request = await signedRequest({ ...session, at: now, sendHash: true })
    const whole = authorizationOf(request)
    for (const name of ['host', 'x-amz-date', 'x-amz-target', 'x-amz-security-token', 'x-amz-content-sha256']) {
      const authorization = whole.replace(new RegExp(`(?<==|;)${name};?`), '').replace(';,', ',')
      assert.notEqual(authorization, whole)
      await assert.rejects(
        verify(withHeaders(request, { authorization })),
        { code: 'InvalidSignatureException', message: /must be a 'SignedHeader' in the AWS Authorization\.$/ },
        name,
      )
    }
  })

  it('is rejected when the host is missing or not signed', async () => {
    const request = await signedRequest({ ...long, at: now })
    const message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    const authorization = authorizationOf(request).replace('host;', '')
    for (const changed of [withHeaders(request, { authorization }), withHeaders(request, { host: undefined })]) {
      await assert.rejects(verify(changed), { code: 'InvalidSignatureException', message })
    }
  })

  it('is rejected when it names a header that the request lacks', async () => {
    const request = await signedRequest({ ...long, at: now })
    for (const name of ['x-none', '__proto__', 'constructor']) {
      const authorization = authorizationOf(request).replace('host;', `host;${name};`)
      await assert.rejects(verify(withHeaders(request, { authorization })), mismatch, name)
    }
  })
})

describe('An ambiguous request', () => {
  it('is rejected when a header on which the server relies occurs twice', async () => {
    const request = await signedRequest({ ...session, at: now, sendHash: true })
    const names = ['authorization', 'host', 'x-amz-date', 'x-amz-target', 'x-amz-security-token', 'x-amz-content-sha256']
    for (const name of names) {
      const value = request.headers[name] ?? assert.fail(name)
      await verify(withHeaders(request, { [name]: [value] }))
      await assert.rejects(verify(withHeaders(request, { [name]: [value, value] })), { code: 'IncompleteSignatureException' }, name)
    }
  })

  it('is rejected when a value is appended to a signed one', async () => {
    const request = await signedRequest({ ...long, at: now })
    await assert.rejects(verify(withHeaders(request, { 'x-amz-target': `${request.headers['x-amz-target']}, Other.Thing` })), mismatch)
  })

  it('is rejected when a value contains line breaks that look like other headers', async () => {
    const signed = await signedRequest({ ...long, at: now }, { headers: { 'x-a': '1', 'x-b': '2' } })
    const authorization = authorizationOf(signed).replace('x-a;', '').replace('x-b;', '').replace(';x-b', '')
    await assert.rejects(
      verify(withHeaders(signed, { 'x-amz-target': `${signed.headers['x-amz-target']}\nx-a:1\nx-b:2`, authorization })),
      mismatch,
    )
  })

  it('is rejected when its query cannot be decoded', async () => {
    const request = await signedRequest({ ...long, at: now })
    await assert.rejects(verify({ ...request, query: 'a=%zz' }), { code: 'InvalidSignatureException', message: /percent-encoding/ })
  })

  it('is rejected when it does not sign its body', async () => {
    for (const hash of ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']) {
      const request = await signedRequest({ ...long, at: now }, { headers: { 'x-amz-content-sha256': hash } })
      await assert.rejects(verify(request), { code: 'InvalidSignatureException', message: /^The body must be signed/ })
    }
  })

  it('is rejected when the signature is in its query', async () => {
    const request = await signedRequest({ ...long, at: now })
    const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${long.id}&X-Amz-Signature=00`
    for (const headers of [{}, request.headers]) {
      await assert.rejects(verify({ ...request, headers, query }), {
        code: 'IncompleteSignatureException',
        message: 'A signature in the query string is not accepted; sign the request with an Authorization header.',
      })
    }
  })
})
