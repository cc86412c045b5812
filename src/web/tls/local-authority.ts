import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { loadX509, newSerialNumber } from '../../base/x509.ts'

/** A certificate authority for names of this machine: its certificate and private key in PEM, each with a line break at its end. */
export type LocalAuthority = { readonly certificate: string; readonly privateKey: string }

/** A certificate in PEM, followed by that of the authority, and the private key of the first. */
export type ServerCertificate = { readonly cert: Buffer; readonly key: Buffer }

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000
const authorityDays = 3650
/** Browsers accept at most 398 days. */
const certificateDays = 390

/** Clocks of containers and virtual machines may be behind. */
const startOf = (now: number): Date => new Date(now - dayMs)
const endAfter = (now: number, days: number): Date => new Date(now + days * dayMs)

/**
 * Creates an authority, valid for ten years from `now` (Unix time in milliseconds). Developers put it among the trusted authorities of
 * their system. Its name constraints (RFC 5280 §4.2.1.10) keep a thief of its key from forging the certificate of any other host.
 */
export async function createLocalAuthority(now: number): Promise<LocalAuthority> {
  const x509 = await loadX509()
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: newSerialNumber(),
      // Trust stores find an authority by its name, so each has its own.
      name: [{ CN: [`Lifeguard development CA ${randomBytes(4).toString('hex')}`] }],
      notBefore: startOf(now),
      notAfter: endAfter(now, authorityDays),
      keys,
      signingAlgorithm: ecdsa,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.Extension(nameConstraints, true, onlyThisMachine()),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  )
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: `${x509.PemConverter.encode(privateKey, 'PRIVATE KEY')}\n` }
}

/** Whether the authority can be read and its key is that of its certificate. */
export function provesItsKey({ certificate, privateKey }: LocalAuthority): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey))
  } catch {
    return false
  }
}

/** Whether a certificate that is signed at `now` would outlive the authority. */
export function isNearItsEnd({ certificate }: LocalAuthority, now: number): boolean {
  return new X509Certificate(certificate).validToDate < endAfter(now, certificateDays)
}

/** Makes a key pair, and a function that signs certificates for it. */
export async function createSigner(authority: LocalAuthority) {
  const x509 = await loadX509()
  const issuer = new x509.X509Certificate(authority.certificate)
  const pkcs8 = x509.PemConverter.decodeFirst(authority.privateKey)
  const signingKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, ecdsa, false, ['sign'])
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  const key = Buffer.from(x509.PemConverter.encode(privateKey, 'PRIVATE KEY'))

  /** Signs a certificate for these DNS names and addresses, valid for 390 days from `now` (Unix time in milliseconds). */
  return async function sign(now: number, dns: readonly string[], addresses: readonly string[] = []): Promise<ServerCertificate> {
    const names = [...dns.map((value) => ({ type: 'dns', value }) as const), ...addresses.map((value) => ({ type: 'ip', value }) as const)]
    const certificate = await x509.X509CertificateGenerator.create(
      {
        serialNumber: newSerialNumber(),
        // A common name has at most 64 characters. Clients read the alternative names instead.
        subject: [{ CN: ['Lifeguard in development'] }],
        issuer: issuer.subjectName,
        notBefore: startOf(now),
        notAfter: endAfter(now, certificateDays),
        publicKey: keys.publicKey,
        signingKey,
        signingAlgorithm: ecdsa,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(names),
          await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    )
    return { cert: Buffer.from(`${certificate.toString('pem')}\n${authority.certificate}`), key }
  }
}

const nameConstraints = '2.5.29.30'

/** The name constraints in DER: `localhost` and all names that end in `.localhost`, 127.0.0.1 and ::1. */
function onlyThisMachine(): Buffer {
  const [sequence, permitted, dnsName, ipAddress] = [0x30, 0xa0, 0x82, 0x87]
  const v4 = [127, 0, 0, 1, ...Array<number>(4).fill(255)]
  const v6 = [...Array<number>(15).fill(0), 1, ...Array<number>(16).fill(255)]
  const subtrees = [der(dnsName, Buffer.from('localhost')), der(ipAddress, Buffer.from(v4)), der(ipAddress, Buffer.from(v6))]
  return der(sequence, der(permitted, ...subtrees.map((base) => der(sequence, base))))
}

/** A value in DER, of at most 127 bytes. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const joined = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, joined.length]), joined])
}
