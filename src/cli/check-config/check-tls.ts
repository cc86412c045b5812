import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { systemClock } from '../../base/clock.ts'
import type { Settings } from '../../settings.ts'
import { error, type Finding, ok, warning } from './finding.ts'

const dayMs = 86_400_000
const renewalDays = 30

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/** Reads the certificate chain and its key, compares them, and looks at the dates and the host name. */
export async function checkTls({ tlsCert, tlsKey, publicUrl }: Settings): Promise<readonly Finding[]> {
  if (tlsCert === undefined || tlsKey === undefined) return []
  const findings: Finding[] = []
  const certificates = readFile(findings, '--tls-cert', tlsCert)
  const key = readFile(findings, '--tls-key', tlsKey)
  const chain = certificates === undefined ? undefined : readChain(findings, tlsCert, certificates)
  const privateKey = key === undefined ? undefined : readPrivateKey(findings, tlsKey, key)
  const [leaf] = chain ?? []
  if (chain === undefined || leaf === undefined) return findings
  findings.push(...chain.flatMap((certificate) => dateFindings(certificate, tlsCert)))
  findings.push(...hostFindings(leaf, tlsCert, publicUrl))
  if (privateKey === undefined) return findings
  const misfit = findMisfit(leaf, privateKey, certificates, key)
  if (misfit !== undefined) findings.push(error(`--tls-key: ${tlsKey} ${misfit}`))
  else if (findings.length === 0) findings.push(ok(`--tls-cert: ${tlsCert} fits --tls-key and is valid until ${dateOf(leaf.validToDate)}.`))
  return findings
}

function readFile(findings: Finding[], setting: string, path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    findings.push(error(`${setting}: ${path} cannot be read (${(thrown as NodeJS.ErrnoException).code}).`))
    return undefined
  }
}

function readChain(findings: Finding[], path: string, text: string): readonly X509Certificate[] | undefined {
  try {
    const chain = (text.match(pemCertificate) ?? []).map((pem) => new X509Certificate(pem))
    if (chain.length > 0) return chain
    findings.push(error(`--tls-cert: ${path} holds no certificate. It must be a PEM file, with the certificate of the server first.`))
  } catch {
    findings.push(error(`--tls-cert: ${path} holds a damaged certificate. Copy the PEM file again.`))
  }
  return undefined
}

function readPrivateKey(findings: Finding[], path: string, text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    findings.push(error(`--tls-key: ${path} holds no private key that can be used. It must be a PEM file without a passphrase.`))
    return undefined
  }
}

function findMisfit(leaf: X509Certificate, privateKey: KeyObject, cert: string | undefined, key: string | undefined): string | undefined {
  if (!leaf.checkPrivateKey(privateKey))
    return 'is not the key of the first certificate in --tls-cert. Use the two files of one certificate.'
  try {
    createSecureContext({ cert, key })
    return undefined
  } catch (thrown) {
    return `and --tls-cert cannot be used together (${(thrown as NodeJS.ErrnoException).code}).`
  }
}

function dateFindings(certificate: X509Certificate, path: string): readonly Finding[] {
  const { validFromDate, validToDate } = certificate
  const name = `--tls-cert: the certificate of ${subjectOf(certificate)} in ${path}`
  const now = systemClock.now()
  if (now < validFromDate.getTime())
    return [error(`${name} is not valid before ${dateOf(validFromDate)}. Check the clock of this machine.`)]
  if (now >= validToDate.getTime()) return [error(`${name} expired on ${dateOf(validToDate)}. Renew it.`)]
  const days = Math.floor((validToDate.getTime() - now) / dayMs)
  return days < renewalDays ? [warning(`${name} expires on ${dateOf(validToDate)}, in ${days} days. Renew it.`)] : []
}

function hostFindings(leaf: X509Certificate, path: string, publicUrl: string | undefined): readonly Finding[] {
  if (publicUrl === undefined) return []
  const host = new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')
  const matches = isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)
  if (matches !== undefined) return []
  return [
    warning(`--tls-cert: ${path} is not for ${host}, the host of --public-url. Clients that connect to this server directly reject it.`),
  ]
}

const subjectOf = ({ subject }: X509Certificate): string => /^CN=(.+)$/m.exec(subject)?.[1] ?? 'an unnamed subject'

const dateOf = (date: Date): string => date.toISOString().slice(0, 10)
