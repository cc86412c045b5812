import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { getSamlKey, type SigningCertificateDeps } from '../../pools/signing-certificate/signing-certificate.ts'
import type { SamlMetadata } from './identity-provider-metadata.ts'
import { createSamlClient, serviceProviderId } from './saml-client.ts'
import { loadNodeSamlXml } from './saml-library.ts'

/** A LogoutResponse on its way: an address, or a form for it. */
export type LogoutAnswerToProvider = { readonly location: string; readonly form: Readonly<Record<string, string>> | undefined }

type Answered = {
  readonly poolId: string
  readonly metadata: SamlMetadata
  readonly requestId: string
  readonly relayState: string | undefined
  /** False: the user has no session here (`UnknownPrincipal`). */
  readonly isSuccess: boolean
}

const root = `/*[local-name(.)='LogoutResponse']`

/**
 * The answer to a LogoutRequest of a provider (SAML 2.0 Profiles §4.4.4.2), signed, by the binding that the metadata names. Undefined where
 * it names no address.
 */
export async function answerLogoutRequest(
  deps: SigningCertificateDeps & { readonly clock: Clock },
  { poolId, metadata, requestId, relayState, isSuccess }: Answered,
): Promise<LogoutAnswerToProvider | undefined> {
  const { logoutAnswer } = metadata
  if (logoutAnswer === undefined) return undefined
  const { privateKey } = await getSamlKey(deps, poolId, 'signing')
  const { location, binding } = logoutAnswer
  const saml = await createSamlClient(deps.clock, {
    ownId: serviceProviderId(poolId),
    metadata: { ...metadata, logoutUrl: location },
    assertionConsumerUrl: location,
    requestId: `_${randomBytes(20).toString('hex')}`,
    signingKey: privateKey,
    decryptionKey: undefined,
  })
  const answered = { ID: requestId }
  if (binding === 'REDIRECT') {
    return { location: await saml.getLogoutResponseUrlAsync(answered, relayState ?? '', {}, isSuccess), form: undefined }
  }
  const { signXml } = await loadNodeSamlXml()
  const place = { reference: `${root}/*[local-name(.)='Issuer']`, action: 'after' } as const
  const keys = { privateKey, signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256' } as const
  const signed = signXml(saml._generateLogoutResponse(answered, isSuccess), root, place, keys)
  const SAMLResponse = Buffer.from(signed).toString('base64')
  return { location, form: { SAMLResponse, ...(relayState !== undefined && { RelayState: relayState }) } }
}
