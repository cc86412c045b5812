import { uuidv7 } from '../../../base/ids.ts'
import { hashOfSecret, newSecretText } from '../registration-secret.ts'

/** A token with which programs may register app clients (RFC 7591 §1.2). The token itself is not stored. */
export type InitialAccessToken = {
  readonly poolId: string
  /** A UUIDv7. The token begins with it. */
  readonly id: string
  readonly tokenHash: string
  readonly description: string
  readonly remainingUses: number
  readonly createdAt: number
  readonly expiresAt: number
}

type Draft = { readonly poolId: string; readonly description: string; readonly uses: number; readonly lifetimeMs: number }

/** A new token, and what is stored of it. */
export function draftInitialAccessToken(
  { poolId, description, uses, lifetimeMs }: Draft,
  now: number,
): { readonly token: string; readonly stored: InitialAccessToken } {
  const id = uuidv7(now)
  const token = `${id}.${newSecretText()}`
  return {
    token,
    stored: {
      poolId,
      id,
      tokenHash: hashOfSecret(token),
      description,
      remainingUses: uses,
      createdAt: now,
      expiresAt: now + lifetimeMs,
    },
  }
}

/** What finds the token that a caller presented. */
export const keyOfToken = (poolId: string, token: string) => ({ poolId, id: token.slice(0, 36), tokenHash: hashOfSecret(token) })
