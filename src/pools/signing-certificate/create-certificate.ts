import { webcrypto } from 'node:crypto'
import { loadX509, newSerialNumber } from '../../base/x509.ts'

const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 }
const years = 10

/** A self-signed certificate (RFC 5280) and its private key (PKCS #8), both in DER. */
export type CertifiedKey = { readonly certificate: Buffer; readonly privateKey: Buffer }

/** Creates an RSA key, on the thread pool, and a certificate for the common name `name`, valid for ten years from `now`. */
export async function createCertificate(name: string, now: number): Promise<CertifiedKey> {
  const { X509CertificateGenerator, KeyUsageFlags, KeyUsagesExtension } = await loadX509()
  const keys = await webcrypto.subtle.generateKey(rsa, true, ['sign', 'verify'])
  const notBefore = new Date(now)
  const notAfter = new Date(now)
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + years)
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: newSerialNumber(),
      name: [{ CN: [name] }],
      notBefore,
      notAfter,
      keys,
      signingAlgorithm: rsa,
      extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
    },
    webcrypto,
  )
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { certificate: Buffer.from(certificate.rawData), privateKey: Buffer.from(privateKey) }
}
