import type { IdentityProviderType } from '../../contract/generated/types.ts'
import { getOrCreateSamlCertificate, type SigningCertificateDeps } from '../signing-certificate/signing-certificate.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { writeProvider } from './identity-provider-wire.ts'

/** The provider as responses show it. One that encrypts its assertions is shown with the certificate to encrypt them for. */
export async function showProvider(
  deps: SigningCertificateDeps,
  poolId: string,
  provider: IdentityProvider,
): Promise<IdentityProviderType> {
  const shown = writeProvider(poolId, provider)
  if (provider.config.details['EncryptedResponses'] !== 'true') return shown
  const certificate = await getOrCreateSamlCertificate(deps, poolId, 'encryption')
  return { ...shown, ProviderDetails: { ...shown.ProviderDetails, ActiveEncryptionCertificate: certificate } }
}
