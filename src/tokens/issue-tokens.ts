import { randomUUID } from 'node:crypto'
import { newOrderedId } from '../base/ordered-id.ts'
import type { Secrets } from '../base/secrets.ts'
import { type AppClient, accessTokenSeconds, refreshTokenSeconds } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { Db } from '../storage/db.ts'
import type { Triggers } from '../triggers/trigger.ts'
import type { User } from '../users/user.ts'
import type { AuthMethod } from './assurance.ts'
import { accessClaims, type Grant, idClaims } from './claims.ts'
import { signJwt } from './jwt.ts'
import { type RefreshToken, writeRefreshToken } from './refresh-token.ts'
import { defaultTokenCustomization, type TokenCustomization } from './run-pre-token-generation.ts'
import type { Activity, Session } from './session.ts'
import type { SessionDevice } from './session-device.ts'
import type { SigningKeys } from './signing-keys.ts'

export type IssuedTokens = {
  readonly accessToken: string
  readonly idToken: string
  /** Undefined when the caller keeps the refresh token it has. */
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number
  /** A device that the client may confirm; undefined when there is none, or it has been. */
  readonly newDevice?: SessionDevice | undefined
}

export type TokenDeps = {
  readonly db: Db
  readonly secrets: Secrets
  readonly signingKeys: SigningKeys
  readonly publicUrl: string
  readonly triggers: Triggers
}

export const issuerOf = (publicUrl: string, poolId: string): string => `${publicUrl}/${poolId}`

/** A session that begins now; the caller stores it before it hands out tokens. `activity` is null in pools that do not track sessions. */
export function draftSession(
  client: AppClient,
  user: User,
  now: number,
  { activity, device }: { activity: Activity | null; device: SessionDevice | undefined },
): Session {
  const longestToken = Math.max(refreshTokenSeconds(client), accessTokenSeconds(client))
  return {
    poolId: user.poolId,
    sub: user.sub,
    id: newOrderedId(now),
    clientId: client.id,
    createdAt: now,
    expiresAt: now + longestToken * 1000,
    revokedAt: null,
    generation: 0,
    rotatedAt: null,
    userSignedOutAt: user.signedOutAt,
    activity,
    deviceKey: device?.key ?? null,
  }
}

/** What a sign-in has come to. */
type Authentication = {
  readonly session: Session
  readonly device: SessionDevice | undefined
  /** Undefined where the tokens are not to tell. */
  readonly methods: readonly AuthMethod[] | undefined
  /** When the user proved who they are, in epoch seconds, if that was before now. */
  readonly since: number | undefined
  /** See `runPreTokenGeneration`. */
  readonly shape: TokenCustomization | undefined
}

/** The three tokens of a new sign-in. Signs on the thread pool; never inside a transaction. */
export async function issueTokens(
  deps: TokenDeps,
  pool: Pool,
  client: AppClient,
  user: User,
  { session, device, methods, since, shape }: Authentication,
  now: number,
): Promise<IssuedTokens> {
  const refresh: RefreshToken = {
    poolId: pool.id,
    clientId: client.id,
    sub: user.sub,
    sessionId: session.id,
    originJti: randomUUID(),
    authTime: since ?? Math.floor(now / 1000),
    expiresAt: now + refreshTokenSeconds(client) * 1000,
    generation: 0,
    methods,
  }
  const confirmed = device?.isConfirmed ? device.key : undefined
  return {
    ...(await reissueTokens(deps, pool, client, user, { refresh, deviceKey: confirmed, shape }, now)),
    refreshToken: writeRefreshToken(deps.secrets, refresh),
    newDevice: device?.isConfirmed ? undefined : device,
  }
}

/** New access and ID tokens for what a refresh token stands for. */
export async function reissueTokens(
  deps: TokenDeps,
  pool: Pool,
  client: AppClient,
  user: User,
  { refresh, deviceKey, shape }: { refresh: RefreshToken; deviceKey: string | undefined; shape: TokenCustomization | undefined },
  now: number,
): Promise<Omit<IssuedTokens, 'refreshToken'>> {
  const [{ groups, changes }, accessKey, idKey] = await Promise.all([
    shape ?? defaultTokenCustomization(deps.db, user),
    deps.signingKeys.signer(pool.id, 'access'),
    deps.signingKeys.signer(pool.id, 'id'),
  ])
  const grant: Grant = {
    pool,
    client,
    user,
    groups,
    deviceKey,
    issuer: issuerOf(deps.publicUrl, pool.id),
    sessionId: refresh.sessionId,
    originJti: refresh.originJti,
    authTime: refresh.authTime,
    methods: refresh.methods,
    issuedAt: Math.floor(now / 1000),
    changes,
  }
  const [accessToken, idToken] = await Promise.all([
    signJwt(accessKey, accessClaims(grant, randomUUID())),
    signJwt(idKey, idClaims(grant, randomUUID())),
  ])
  return { accessToken, idToken, expiresInSeconds: accessTokenSeconds(client) }
}
