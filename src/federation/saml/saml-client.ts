import type { Clock } from '../../base/clock.ts'
import type { SamlMetadata } from './identity-provider-metadata.ts'
import { clockSkewMs } from './response-checks.ts'
import { loadNodeSaml, type Saml, type SamlOptions } from './saml-library.ts'

type Options = {
  /** Our name as a service provider. */
  readonly ownId: string
  readonly metadata: SamlMetadata
  readonly assertionConsumerUrl: string
  /** The id of our request. Undefined where the provider began. */
  readonly requestId: string | undefined
  /** Whether the provider has to ask the user again, whatever session it has. */
  readonly forcesSignIn?: boolean
  /** PEM. Undefined: requests are not signed. */
  readonly signingKey: string | undefined
  /** PEM. Undefined: encrypted assertions are refused. */
  readonly decryptionKey: string | undefined
}

/** The name of a pool as a service provider, as at Cognito. */
export const serviceProviderId = (poolId: string): string => `urn:amazon:cognito:sp:${poolId}`

/** One of the two must be signed by the provider: the response or the assertion. */
export async function createSamlClient(clock: Clock, options: Options): Promise<Saml> {
  const { ownId, metadata, assertionConsumerUrl, requestId, forcesSignIn = false, signingKey, decryptionKey } = options
  const { SAML } = await loadNodeSaml()
  const saml = new SAML({
    idpCert: [...metadata.certificates],
    entryPoint: metadata.signOnUrl,
    ...(metadata.logoutUrl !== undefined && { logoutUrl: metadata.logoutUrl }),
    idpIssuer: metadata.entityId,
    issuer: ownId,
    audience: ownId,
    callbackUrl: assertionConsumerUrl,
    identifierFormat: null,
    disableRequestedAuthnContext: true,
    forceAuthn: forcesSignIn,
    wantAssertionsSigned: false,
    wantAuthnResponseSigned: false,
    acceptedClockSkewMs: clockSkewMs,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    ...(signingKey !== undefined && { privateKey: signingKey }),
    ...(decryptionKey !== undefined && { decryptionPvk: decryptionKey }),
    ...(requestId !== undefined && { generateUniqueId: () => requestId }),
    validateInResponseTo: requestId === undefined ? 'never' : 'always',
    cacheProvider: onlyRequest(requestId),
  })
  // The library compares times with the clock of the machine.
  const check = saml.checkTimestampsValidityError.bind(saml)
  saml.checkTimestampsValidityError = (_now, ...times) => check(clock.now(), ...times)
  return saml
}

/** The library asks whether it knows the request that a response answers. It knows the one of this sign-in only. */
function onlyRequest(requestId: string | undefined): SamlOptions['cacheProvider'] {
  const createdAt = Date.now()
  return {
    saveAsync: async (_key, value) => ({ value, createdAt }),
    getAsync: async (key) => (key === requestId ? new Date(createdAt).toISOString() : null),
    removeAsync: async (key) => key,
  }
}
