import { createHash } from 'node:crypto'
import { ApiError } from '../../contract/api-error.ts'
import { authenticatorName } from './authenticator-names.ts'
import { asRecord, type ClientData, isFromPageOf, readClientData } from './client-data.ts'
import type { Passkey } from './passkey.ts'
import type { RelyingParty } from './relying-party.ts'

/** COSE algorithms (RFC 9053 §2): ES256, which every authenticator supports, and RS256, for older authenticators of Windows. */
export const passkeyAlgorithms: readonly number[] = [-7, -257]

/** A browser's message about a new passkey (RegistrationResponseJSON). Its form is checked, but nothing in it is proven yet. */
export type Attestation = {
  readonly id: string
  readonly clientDataJson: string
  readonly clientData: ClientData
  /** Base64url. */
  readonly attestationObject: string
  readonly transports: readonly string[]
  readonly attachment: Passkey['attachment']
}

/** @throws ApiError InvalidParameterException when the document does not have the form of a RegistrationResponseJSON. */
export function readAttestation(document: unknown): Attestation {
  const { id, rawId, type, response, authenticatorAttachment } = asRecord(document)
  const { clientDataJSON, attestationObject, transports } = asRecord(response)
  const clientData = readClientData(clientDataJSON)
  if (typeof id !== 'string' || id !== rawId || type !== 'public-key') throw malformed()
  if (clientData === undefined || typeof clientDataJSON !== 'string' || typeof attestationObject !== 'string') throw malformed()
  return {
    id,
    clientDataJson: clientDataJSON,
    clientData,
    attestationObject,
    transports: readTransports(transports),
    attachment:
      authenticatorAttachment === 'platform' || authenticatorAttachment === 'cross-platform' ? authenticatorAttachment : undefined,
  }
}

/** What an attestation says about the new passkey. */
type NewPasskey = Omit<Passkey, 'poolId' | 'sub' | 'createdAt' | 'lastUsedAt'>

/**
 * The new passkey that the attestation is about. The caller has already checked the challenge, so it is not checked here.
 * @throws ApiError WebAuthnOriginNotAllowedException when a page of another origin made the passkey.
 * @throws ApiError WebAuthnRelyingPartyMismatchException when the passkey was made for another relying party.
 * @throws ApiError WebAuthnCredentialNotSupportedException when the passkey's algorithm is not supported, or the user was not verified as
 * required.
 * @throws ApiError InvalidParameterException when the attestation is malformed or wrong in another way.
 */
export async function verifyAttestation(
  attestation: Attestation,
  relyingParty: RelyingParty,
  { requireUserVerification }: { requireUserVerification: boolean },
): Promise<NewPasskey> {
  const { id, clientData, clientDataJson, transports, attachment } = attestation
  if (!isFromPageOf(relyingParty, clientData)) {
    throw new ApiError('WebAuthnOriginNotAllowedException', 'The origin of the registration is not allowed for the relying party.')
  }
  const authenticatorData = await checkAuthenticatorData(attestation, relyingParty, requireUserVerification)

  const { verifyRegistrationResponse } = await loadWebAuthn()
  const response = { clientDataJSON: clientDataJson, attestationObject: withoutStatement(authenticatorData) }
  const verified = await verifyRegistrationResponse({
    response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response },
    expectedChallenge: clientData.challenge,
    expectedOrigin: clientData.origin,
    expectedRPID: relyingParty.id,
    requireUserVerification,
    supportedAlgorithmIDs: [...passkeyAlgorithms],
  }).catch((error: unknown) => {
    throw malformed(error)
  })
  if (!verified.verified || verified.registrationInfo.credential.id !== id) throw malformed()
  const { credential, aaguid } = verified.registrationInfo
  const { counter } = credential
  return {
    id,
    publicKey: Buffer.from(credential.publicKey),
    counter,
    relyingPartyId: relyingParty.id,
    transports,
    attachment,
    name: authenticatorName(aaguid),
  }
}

/** Loaded with the first new passkey: the library takes longer to load than the rest of the server. */
const loadWebAuthn = () => import('@simplewebauthn/server')

/**
 * Checks relying party, algorithm and user verification, for which Cognito has specific errors. Returns the bytes of the authenticator
 * data.
 */
async function checkAuthenticatorData(
  { attestationObject }: Attestation,
  relyingParty: RelyingParty,
  requireUserVerification: boolean,
): Promise<Uint8Array> {
  const { bytes, rpIdHash, flags, algorithm } = await readAuthenticatorData(attestationObject)
  if (!createHash('sha256').update(relyingParty.id).digest().equals(rpIdHash)) {
    throw new ApiError('WebAuthnRelyingPartyMismatchException', 'The passkey was made for another relying party.')
  }
  if (algorithm === undefined || !passkeyAlgorithms.includes(algorithm))
    throw notSupported('The algorithm of the passkey is not supported.')
  if (requireUserVerification && !flags.uv) throw notSupported('The authenticator did not verify the user, which the user pool requires.')
  return bytes
}

async function readAuthenticatorData(attestationObject: string) {
  const { cose, decodeAttestationObject, decodeCredentialPublicKey, parseAuthenticatorData } = await import(
    '@simplewebauthn/server/helpers'
  )
  try {
    const bytes = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url'))).get('authData')
    const { rpIdHash, flags, credentialPublicKey } = parseAuthenticatorData(bytes)
    const algorithm = credentialPublicKey && decodeCredentialPublicKey(credentialPublicKey).get(cose.COSEKEYS.alg)
    return { bytes, rpIdHash, flags, algorithm }
  } catch (error) {
    throw malformed(error)
  }
}

/**
 * The attestation object with `none` as its statement. We did not ask for a statement, so it has no meaning. Certificates in it could come
 * from an attacker, with addresses to look up their revocation at, so the library must not see them.
 */
function withoutStatement(authenticatorData: Uint8Array): string {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(authenticatorData.length)
  // CBOR: a map of `fmt: "none"`, `attStmt: {}` and `authData`, a byte string with its length in four bytes.
  const start = [Buffer.from([0xa3, 0x63]), 'fmt', Buffer.from([0x64]), 'none', Buffer.from([0x67]), 'attStmt', Buffer.from([0xa0, 0x68])]
  const parts = [...start, 'authData', Buffer.from([0x5a]), length, authenticatorData]
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))).toString('base64url')
}

/** The first eight words that look like names of transports. A list of known names would drop those that browsers add later. */
function readTransports(transports: unknown): readonly string[] {
  if (!Array.isArray(transports)) return []
  const words = transports.filter((word): word is string => typeof word === 'string' && /^[a-z][a-z-]{1,30}$/.test(word))
  return [...new Set(words)].slice(0, 8)
}

const notSupported = (message: string) => new ApiError('WebAuthnCredentialNotSupportedException', message)

const malformed = (cause?: unknown) => new ApiError('InvalidParameterException', 'Credential data is not valid', { cause })
