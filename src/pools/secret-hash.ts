import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ApiError } from '../contract/api-error.ts'
import type { AppClient } from './app-client.ts'

/**
 * Checks that the caller knows a secret of the client. `hash` is Base64(HMAC-SHA-256(secret, username ‖ client id)), with `username`
 * exactly as the caller sent it. For a client without a secret the hash is ignored, because such a client has
 * nothing to prove. What Cognito does then is not documented.
 * @throws ApiError NotAuthorizedException when the client has a secret and the hash is missing or wrong
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

/** Whether `hash` was made with one of the client's secrets. False for a client without a secret. */
export function isSecretHashValid(client: Pick<AppClient, 'id' | 'secrets'>, username: string, hash: string): boolean {
  return equalsAny(
    client.secrets.map((secret) => secretHash(secret.value, username, client.id)),
    hash,
  )
}

/** Whether `secret` is one of the client's secrets. True for a client without a secret, which has nothing to prove. */
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

/** Compares with each known text in constant time, so that the time shows neither the position of a difference nor which text matched. */
function equalsAny(known: readonly string[], given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const givenDigest = digest(given)
  let matches = 0
  for (const text of known) matches += timingSafeEqual(digest(text), givenDigest) ? 1 : 0
  return matches > 0
}
