import { type ClientData, isFromPageOf, readClientData } from './client-data.ts'
import { type Passkey, userHandleOf } from './passkey.ts'
import type { RelyingParty } from './relying-party.ts'

/** What a browser says of the use of a passkey (AuthenticationResponseJSON), in form; nothing of it is proven yet. */
export type Assertion = {
  readonly id: string
  readonly clientDataJson: string
  readonly clientData: ClientData
  readonly authenticatorData: string
  readonly signature: string
  /** Undefined when the authenticator does not say whose passkey it is. */
  readonly userHandle: string | undefined
}

/** Undefined when the text has not the form of an answer to a sign-in. */
export function readAssertion(json: string): Assertion | undefined {
  const { id, rawId, type, response } = parseRecord(json)
  const { clientDataJSON, authenticatorData, signature, userHandle } = asRecord(response)
  const clientData = readClientData(clientDataJSON)
  if (typeof id !== 'string' || id !== rawId || type !== 'public-key' || clientData === undefined) return undefined
  if (typeof clientDataJSON !== 'string' || typeof authenticatorData !== 'string' || typeof signature !== 'string') return undefined
  if (userHandle !== undefined && userHandle !== null && typeof userHandle !== 'string') return undefined
  // An empty handle says no more than none.
  return { id, clientDataJson: clientDataJSON, clientData, authenticatorData, signature, userHandle: userHandle || undefined }
}

type Expected = { readonly challenge: string; readonly relyingParty: RelyingParty; readonly requireUserVerification: boolean }

/**
 * The authenticator's new count, if the owner of the passkey has just used it, for this challenge, on a page of the relying party.
 * Undefined if not: another
 * challenge, page, relying party, user or key, a count of signatures that did not go up, nobody there, or nobody verified who had to be.
 */
export async function verifyAssertion(assertion: Assertion, passkey: Passkey, expected: Expected): Promise<number | undefined> {
  const { id, clientData, clientDataJson, authenticatorData, signature, userHandle } = assertion
  if (id !== passkey.id || passkey.relyingPartyId !== expected.relyingParty.id) return undefined
  if (userHandle !== undefined && userHandle !== userHandleOf(passkey.sub)) return undefined
  if (!isFromPageOf(expected.relyingParty, clientData)) return undefined

  // Loaded when the first passkey is used, because it takes longer to load than the rest of the server.
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  const response = { clientDataJSON: clientDataJson, authenticatorData, signature }
  const verified = await verifyAuthenticationResponse({
    response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response },
    expectedChallenge: expected.challenge,
    expectedOrigin: clientData.origin,
    expectedRPID: expected.relyingParty.id,
    credential: { id, publicKey: new Uint8Array(passkey.publicKey), counter: passkey.counter },
    requireUserVerification: expected.requireUserVerification,
  }).catch(() => undefined)
  return verified?.verified ? verified.authenticationInfo.newCounter : undefined
}

function parseRecord(json: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(json))
  } catch {
    return {}
  }
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
