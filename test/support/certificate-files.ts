import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCertificate } from '../../src/pools/signing-certificate/create-certificate.ts'

const certificateYears = 10

const pem = (label: string, der: Buffer) => `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`

/** Writes a certificate that expires `days` from now, and its key, into files. Returns the paths. Negative `days`: already expired. */
export async function certificateFiles(folder: string, host: string, days: number): Promise<{ cert: string; key: string }> {
  const from = new Date()
  from.setUTCDate(from.getUTCDate() + days)
  from.setUTCFullYear(from.getUTCFullYear() - certificateYears)
  const { certificate, privateKey } = await createCertificate(host, from.getTime())
  const [cert, key] = [join(folder, `${host}-${days}.cert.pem`), join(folder, `${host}-${days}.key.pem`)]
  writeFileSync(cert, pem('CERTIFICATE', certificate))
  writeFileSync(key, pem('PRIVATE KEY', privateKey), { mode: 0o600 })
  return { cert, key }
}
