import { randomUUID } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { UserCaller } from '../caller.ts'

/** How long a challenge is valid. Web Authentication (§15.1) recommends five to ten minutes when the authenticator verifies the user. */
const lifetimeMs = 300_000

/** What the server needs when the new passkey arrives. Sealed, it is the challenge that the passkey signs. */
type RegistrationChallenge = {
  /** Consumed when the passkey is stored: a challenge works once. */
  readonly id: string
  readonly clientId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

type SealedContent = readonly [id: string, clientId: string, expiresAt: number]

/** A challenge for this user and app client. Base64url. */
export function newRegistrationChallenge(secrets: Secrets, { pool, client, user }: UserCaller, now: number): string {
  const content: SealedContent = [randomUUID(), client.id, now + lifetimeMs]
  return secrets.seal('passkey-registration', JSON.stringify(content), contextOf(pool.id, user.sub))
}

/**
 * @throws ApiError WebAuthnChallengeNotFoundException when the challenge was not made for this user, or has expired.
 * @throws ApiError WebAuthnClientMismatchException when the user asked for the challenge through another app client.
 */
export function openRegistrationChallenge(
  secrets: Secrets,
  { pool, client, user }: UserCaller,
  challenge: string,
  now: number,
): RegistrationChallenge {
  const content = secrets.open('passkey-registration', challenge, contextOf(pool.id, user.sub))
  if (content === undefined) throw challengeNotFound()
  const [id, clientId, expiresAt] = JSON.parse(content.toString()) as SealedContent
  if (clientId !== client.id) {
    throw new ApiError('WebAuthnClientMismatchException', 'The registration was started through another app client.')
  }
  if (expiresAt <= now) throw challengeNotFound()
  return { id, clientId, expiresAt }
}

export function challengeNotFound(): ApiError {
  return new ApiError('WebAuthnChallengeNotFoundException', 'The challenge is unknown, has expired or was used before.')
}

const contextOf = (poolId: string, sub: string): string => `${poolId}/${sub}`
