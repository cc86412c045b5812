import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/** Makes all clients in this process trust the authority in the file, as NODE_EXTRA_CA_CERTS does in another process. */
export function trustAuthority(file: string): void {
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(file, 'utf8')])
}

/** The flag that makes Chromium accept certificates of this authority. It has no file of authorities that a test could set. */
export function chromiumTrust(file: string): string {
  const key = new X509Certificate(readFileSync(file)).publicKey.export({ type: 'spki', format: 'der' })
  return `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`
}
