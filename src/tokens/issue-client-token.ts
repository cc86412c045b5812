import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { type AppClient, accessTokenSeconds } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import { invokePreTokenGeneration, type TokenChanges } from '../triggers/pre-token-generation.ts'
import type { CallerContext, Triggers } from '../triggers/trigger.ts'
import { clientAccessClaims } from './client-grant.ts'
import { issuerOf } from './issue-tokens.ts'
import { signJwt } from './jwt.ts'
import type { SigningKeys } from './signing-keys.ts'

export type ClientTokenDeps = {
  readonly clock: Clock
  readonly signingKeys: SigningKeys
  readonly publicUrl: string
  readonly triggers: Triggers
}

type ScopedClient = {
  readonly pool: Pool
  readonly client: AppClient
  readonly scopes: readonly string[]
  readonly boundTo?: string | undefined
}

/**
 * An access token that the client gets for itself, with scopes that it may have (RFC 6749 §4.4).
 *
 * @throws ApiError when the PreTokenGeneration trigger refuses or fails.
 */
export async function issueClientToken(
  { clock, signingKeys, publicUrl, triggers }: ClientTokenDeps,
  subject: ScopedClient,
  caller: CallerContext,
): Promise<{ readonly accessToken: string; readonly expiresInSeconds: number }> {
  const { pool, client, scopes, boundTo } = subject
  const changes = await runPreTokenGenerationForClient(triggers, subject, caller)
  const issuedAt = Math.floor(clock.now() / 1000)
  const grant = { pool, client, issuer: issuerOf(publicUrl, pool.id), scopes, issuedAt, boundTo, changes }
  const accessToken = await signJwt(await signingKeys.signer(pool.id, 'access'), clientAccessClaims(grant, randomUUID()))
  return { accessToken, expiresInSeconds: accessTokenSeconds(client) }
}

/** For tokens without a user, a PreTokenGeneration trigger is called only if its version is `V3_0`. */
async function runPreTokenGenerationForClient(
  triggers: Triggers,
  { pool, client, scopes }: ScopedClient,
  caller: CallerContext,
): Promise<TokenChanges | undefined> {
  if (pool.triggers.byName.PreTokenGeneration?.version !== 'V3_0') return undefined
  const subject = { pool, clientId: client.id, username: 'ClientCredentials', sub: undefined, userAgent: caller.userAgent }
  const facts = { userAttributes: {}, groups: undefined, scopes, clientMetadata: caller.clientMetadata }
  return invokePreTokenGeneration(triggers, subject, 'TokenGeneration_ClientCredentials', facts)
}
