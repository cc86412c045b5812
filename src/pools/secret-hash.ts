import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ApiError } from '../contract/api-error.ts'
import type { AppClient } from './app-client.ts'

/**
 * Throws NotAuthorizedException unless the caller knows a secret of the client: `hash` is Base64(HMAC-SHA-256(secret, username ‖
 * client id)), `username` exactly as the caller sent it. A client without a secret needs no hash, and one that comes anyway is ignored,
 * as is safest: the documentation does not say what Cognito answers.
 */
export function requireSecretHash(client: Pick<AppClient, 'id' | 'secrets'>, username: string, hash: string | undefined): void {
  if (client.secrets.length === 0) return
  if (hash === undefined || hash === '') {
    throw new ApiError('NotAuthorizedException', `Client ${client.id} is configured for secret but secret was not received`)
  }
  if (!isSecretHashValid(client, username, hash)) {
    throw new ApiError('NotAuthorizedException', `Unable to verify secret hash for client ${client.id}`)
  }
}

/** Whether `hash` was made with any secret of the client. False for a client without a secret. */
export function isSecretHashValid(client: Pick<AppClient, 'id' | 'secrets'>, username: string, hash: string): boolean {
  return equalsAny(
    client.secrets.map((secret) => secretHash(secret.value, username, client.id)),
    hash,
  )
}

/** Whether the caller sent a secret of the client itself; a client without a secret has nothing to prove. */
export function isClientSecretValid(client: Pick<AppClient, 'secrets'>, secret: string | undefined): boolean {
  if (client.secrets.length === 0) return true
  return (
    secret !== undefined &&
    equalsAny(
      client.secrets.map((known) => known.value),
      secret,
    )
  )
}

export function secretHash(secret: string, username: string, clientId: string): string {
  return createHmac('sha256', secret)
    .update(username + clientId)
    .digest('base64')
}

/** Compares with each, in time that tells neither the place of a difference nor which one matched. */
function equalsAny(known: readonly string[], given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const givenDigest = digest(given)
  let matches = 0
  for (const text of known) matches += timingSafeEqual(digest(text), givenDigest) ? 1 : 0
  return matches > 0
}
