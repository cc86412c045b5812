import assert from 'node:assert/strict'
import { createPrivateKey, createSign, createVerify, X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import { GetSigningCertificateCommand } from '@aws-sdk/client-cognito-identity-provider'
import { createSecrets } from '../../../src/base/secrets.ts'
import { insertPool } from '../../../src/pools/pool-repository.ts'
import { getSamlKey } from '../../../src/pools/signing-certificate/signing-certificate.ts'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTestStorage } from '../../support/test-storage.ts'
import { testPool } from '../messaging/messaging-setup.ts'

async function certificateOf(server: TestServer, poolId: string): Promise<X509Certificate> {
  const { Certificate = '' } = await server.send(new GetSigningCertificateCommand({ UserPoolId: poolId }))
  assert.match(Certificate, /^[A-Za-z0-9+/]+={0,2}$/)
  return new X509Certificate(Buffer.from(Certificate, 'base64'))
}

for (const engine of engines) {
  describe(`GetSigningCertificate on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('returns a self-signed certificate of the pool, valid for ten years', async () => {
      const { poolId } = await server().givenPool()
      const certificate = await certificateOf(server(), poolId)
      assert.equal(certificate.subject, `CN=${poolId}`)
      assert.equal(certificate.issuer, certificate.subject)
      assert.ok(certificate.verify(certificate.publicKey))
      assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048)
      const years = new Date(certificate.validTo).getUTCFullYear() - new Date(certificate.validFrom).getUTCFullYear()
      assert.equal(years, 10)
      assert.ok(Math.abs(new Date(certificate.validFrom).getTime() - Date.now()) < 60_000)
    })

    it('always returns the same certificate for a pool, and a different one for each pool', async () => {
      const { poolId } = await server().givenPool()
      const other = await server().givenPool()
      const at = await Promise.all([1, 2, 3].map(() => certificateOf(server(), poolId)))
      await server().restart()
      const later = await certificateOf(server(), poolId)
      assert.deepEqual(new Set(at.map((one) => one.fingerprint256)), new Set([later.fingerprint256]))
      assert.notEqual((await certificateOf(server(), other.poolId)).serialNumber, later.serialNumber)
    })

    it('rejects a pool that does not exist', async () => {
      await assert.rejects(certificateOf(server(), 'us-east-1_nowhere'), { name: 'ResourceNotFoundException' })
    })
  })

  describe(`The private key of a signing certificate on ${engine.name}`, () => {
    it('belongs to the certificate and is stored sealed', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const secrets = createSecrets(Buffer.alloc(32, 7))
      const pool = testPool()
      await insertPool(db, pool)
      const clock = { now: () => 1_780_000_000_000 }
      const { certificate, privateKey } = await getSamlKey({ db, secrets, clock }, pool.id, 'signing')
      const key = createPrivateKey(privateKey)
      const signature = createSign('sha256').update('request').sign(key)
      const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'))
      assert.ok(createVerify('sha256').update('request').verify(publicKey, signature))

      const [row] = await db.selectFrom('pool_resource').selectAll().where('pool_id', '=', pool.id).execute()
      const der = key.export({ type: 'pkcs8', format: 'der' })
      assert.ok(!row?.config.includes(der.toString('base64')))
      const other = getSamlKey({ db, secrets: createSecrets(Buffer.alloc(32, 8)), clock }, pool.id, 'signing')
      await assert.rejects(other, /does not open with this master key/)
    })
  })
}
