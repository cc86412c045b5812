import { asRecord, type ClientData, isFromPageOf, parseRecord, readClientData } from './client-data.ts'
import { type Passkey, userHandleOf } from './passkey.ts'
import type { RelyingParty } from './relying-party.ts'

/** A browser's answer to a sign-in with a passkey (AuthenticationResponseJSON). Its form is checked, but nothing in it is proven yet. */
export type Assertion = {
  readonly id: string
  readonly clientDataJson: string
  readonly clientData: ClientData
  readonly authenticatorData: string
  readonly signature: string
  /** Undefined when the authenticator does not name the user. */
  readonly userHandle: string | undefined
}

/** Undefined when the text does not have the form of an AuthenticationResponseJSON. */
export function readAssertion(json: string): Assertion | undefined {
  const { id, rawId, type, response } = parseRecord(json)
  const { clientDataJSON, authenticatorData, signature, userHandle } = asRecord(response)
  const clientData = readClientData(clientDataJSON)
  if (typeof id !== 'string' || id !== rawId || type !== 'public-key' || clientData === undefined) return undefined
  if (typeof clientDataJSON !== 'string' || typeof authenticatorData !== 'string' || typeof signature !== 'string') return undefined
  if (userHandle !== undefined && userHandle !== null && typeof userHandle !== 'string') return undefined
  // An empty handle means the same as a missing one.
  return { id, clientDataJson: clientDataJSON, clientData, authenticatorData, signature, userHandle: userHandle || undefined }
}

type ExpectedAssertion = { readonly challenge: string; readonly relyingParty: RelyingParty; readonly requireUserVerification: boolean }

/**
 * The authenticator's new count of signatures, if the passkey's user has just used it for this challenge on a page of the relying party.
 * Undefined if the challenge, page, relying party, user or key is another one, or if the count did not go up. Undefined also if no user was
 * present, or if the user had to be verified and was not.
 */
export async function verifyAssertion(assertion: Assertion, passkey: Passkey, expected: ExpectedAssertion): Promise<number | undefined> {
  const { id, clientData, clientDataJson, authenticatorData, signature, userHandle } = assertion
  if (id !== passkey.id || passkey.relyingPartyId !== expected.relyingParty.id) return undefined
  if (userHandle !== undefined && userHandle !== userHandleOf(passkey.sub)) return undefined
  if (!isFromPageOf(expected.relyingParty, clientData)) return undefined

  // Loaded with the first use of a passkey: the library takes longer to load than the rest of the server.
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
