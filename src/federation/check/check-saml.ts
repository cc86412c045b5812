import { createHash } from 'node:crypto'
import { dayMs } from '../../base/durations.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { getSamlKey, type SigningCertificateDeps } from '../../pools/signing-certificate/signing-certificate.ts'
import { wordsOf } from '../causes.ts'
import { expiryOfCertificate, type SamlMetadata } from '../saml/identity-provider-metadata.ts'
import type { SamlMetadataSource } from '../saml/metadata-source.ts'
import { type CheckStatus, checkOf, listed, type ProviderCheck } from './provider-check.ts'

type Deps = SigningCertificateDeps & { readonly sources: { readonly saml: SamlMetadataSource } }

/** So many days before the last certificate or a MetadataFile expires, the check warns. */
const warningDays = 30

/** What the metadata of a SAML provider says, compared with its settings. The metadata is fetched now. */
export async function checkSaml(deps: Deps, poolId: string, provider: IdentityProvider): Promise<readonly ProviderCheck[]> {
  try {
    const metadata = await deps.sources.saml.inspectNow(provider)
    return [
      checkMetadata(provider, metadata, deps.clock.now()),
      checkOf('ENDPOINTS', `Sign-ins go to ${metadata.signOnUrl}, and logouts to ${metadata.logoutUrl ?? 'no address'}.`),
      checkCertificates(metadata, deps.clock.now()),
      await checkRequests(deps, poolId, provider, metadata),
    ]
  } catch (error) {
    return [checkOf('METADATA', '', [['FAILED', wordsOf(error)]])]
  }
}

function checkMetadata({ config: { details } }: IdentityProvider, { entityId, validUntil }: SamlMetadata, now: number): ProviderCheck {
  const source = details['MetadataFile'] ? 'MetadataFile' : details['MetadataURL']
  const good = `${source} describes the provider ${entityId}.`
  if (validUntil === undefined) return checkOf('METADATA', good)
  const date = new Date(validUntil).toISOString()
  const advice = source === 'MetadataFile' ? ' Get the newest metadata of the provider, and set it as MetadataFile.' : ''
  if (validUntil <= now) return checkOf('METADATA', '', [['FAILED', `The metadata was valid until ${date}. Sign-ins fail.${advice}`]])
  // What is at a URL is renewed by the provider, often each day.
  const isOverSoon = source === 'MetadataFile' && validUntil <= now + warningDays * dayMs
  return checkOf('METADATA', `${good} It is valid until ${date}.`, isOverSoon ? [['WARNING', advice.trim()]] : [])
}

function checkCertificates({ certificates, certificatesExpireAt: last }: SamlMetadata, now: number): ProviderCheck {
  const all = certificates.map((certificate) => `${fingerprintOf(certificate)} ${expiryInWords(expiryOfCertificate(certificate), now)}`)
  const good = `Certificates that check signatures: ${listed(all)}.`
  if (last === undefined) return checkOf('CERTIFICATES', '', [['FAILED', `No certificate can be read. ${good}`]])
  if (last > now + warningDays * dayMs) return checkOf('CERTIFICATES', good)
  const what = last > now ? 'Soon no certificate of the provider is valid.' : 'All certificates of the provider have expired.'
  const advice = 'Signatures are still accepted, but a provider replaces its key when the certificate expires.'
  return checkOf('CERTIFICATES', '', [['WARNING', `${what} ${advice} ${good}`]])
}

/** The beginning of the SHA-256 fingerprint, as providers show it. */
function fingerprintOf(certificate: string): string {
  const digest = createHash('sha256').update(Buffer.from(certificate, 'base64')).digest('hex').toUpperCase()
  return (digest.slice(0, 16).match(/../g) ?? []).join(':')
}

function expiryInWords(expiresAt: number | undefined, now: number): string {
  if (expiresAt === undefined) return '(not readable)'
  const days = Math.floor((expiresAt - now) / dayMs)
  const date = new Date(expiresAt).toISOString().slice(0, 10)
  return days < 0 ? `expired on ${date}` : `expires on ${date}, in ${days} days`
}

async function checkRequests(deps: Deps, poolId: string, provider: IdentityProvider, { wantsSignedRequests }: SamlMetadata) {
  const isSigned = provider.config.details['RequestSigningAlgorithm'] !== undefined
  const problems: [CheckStatus, string][] = []
  if (wantsSignedRequests && !isSigned) {
    problems.push(['FAILED', 'The provider takes signed requests only. Set RequestSigningAlgorithm to rsa-sha256.'])
  }
  if (!isSigned) return checkOf('REQUEST_SIGNATURE', 'Requests are not signed, and the provider does not ask for it.', problems)
  const { certificate } = await getSamlKey(deps, poolId, 'signing')
  const words = expiryInWords(expiryOfCertificate(certificate), deps.clock.now())
  return checkOf('REQUEST_SIGNATURE', `Requests are signed. The certificate of GetSigningCertificate ${words}.`)
}
