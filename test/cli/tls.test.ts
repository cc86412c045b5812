import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get, type RequestOptions, request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { createCertificate } from '../../src/pools/signing-certificate/create-certificate.ts'
import { parseMetrics } from '../support/metrics.ts'
import { LifeguardProcess, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const pem = (label: string, der: Buffer) => `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`

describe('lifeguard with a certificate', () => {
  it('serves the API and all other routes by HTTPS, and sends Strict-Transport-Security', async () => {
    const { certificate, privateKey } = await createCertificate('localhost', Date.now())
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    writeFileSync(cert, pem('CERTIFICATE', certificate))
    writeFileSync(key, pem('PRIVATE KEY', privateKey))
    const flags = [
      '--port',
      '0',
      '--data',
      join(folder, 'data'),
      '--public-url',
      'https://id.example.test',
      '--tls-cert',
      cert,
      '--tls-key',
      key,
    ]
    await using server = new LifeguardProcess(['dev', ...flags])
    const url = await server.url()
    assert.match(url, /^https:\/\/localhost:/)
    const options: RequestOptions = { ca: pem('CERTIFICATE', certificate), checkServerIdentity: () => undefined, agent: false }

    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSCognitoIdentityProviderService.ListUserPools' }
    for (const ask of [
      () => request(url, { ...options, method: 'POST', headers }).end('{"MaxResults":1}'),
      () => get(`${url}/healthz`, options),
      () => request(url, { ...options, method: 'OPTIONS' }).end(),
    ]) {
      const [answer] = (await once(ask(), 'response')) as [IncomingMessage]
      assert.match(String(answer.statusCode), /^20[04]$/)
      assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000')
      answer.resume()
    }

    const [answer] = (await once(get(`${url}/metrics`, options), 'response')) as [IncomingMessage]
    const { valuesOf } = parseMetrics(await text(answer))
    const expiry = new X509Certificate(certificate).validToDate.getTime() / 1000
    assert.deepEqual(valuesOf('lifeguard_tls_certificate_expiry_timestamp_seconds'), { '': expiry })
  })
})
