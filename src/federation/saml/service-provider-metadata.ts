import type { Pool } from '../../pools/pool.ts'
import { getSamlKey, type SigningCertificateDeps } from '../../pools/signing-certificate/signing-certificate.ts'
import { serviceProviderId } from './saml-client.ts'
import { loadNodeSaml } from './saml-library.ts'

/**
 * The metadata of a pool as a SAML service provider (SAML 2.0 Metadata §2.4.4), to give to an identity provider. `base` is the address of the
 * pool's endpoints.
 */
export async function serviceProviderMetadata(deps: SigningCertificateDeps, pool: Pool, base: string): Promise<string> {
  const { generateServiceProviderMetadata } = await loadNodeSaml()
  const [signing, encryption] = [await getSamlKey(deps, pool.id, 'signing'), await getSamlKey(deps, pool.id, 'encryption')]
  const metadata = generateServiceProviderMetadata({
    issuer: serviceProviderId(pool.id),
    callbackUrl: `${base}/saml2/idpresponse`,
    logoutCallbackUrl: `${base}/saml2/logout`,
    identifierFormat: null,
    wantAssertionsSigned: true,
    privateKey: signing.privateKey,
    publicCerts: [signing.certificate],
    decryptionPvk: encryption.privateKey,
    decryptionCert: encryption.certificate,
    generateUniqueId: () => `_${pool.id}`,
  })
  // Providers may send logout messages by either binding.
  return metadata.replace(/<SingleLogoutService [^>]*>/, (service) => service + service.replace('HTTP-POST', 'HTTP-Redirect'))
}
