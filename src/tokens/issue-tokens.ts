import { randomUUID } from 'node:crypto'
import { newOrderedId } from '../base/ordered-id.ts'
import type { Secrets } from '../base/secrets.ts'
import { type AppClient, accessTokenSeconds, refreshTokenSeconds } from '../pools/app-client.ts'
import { mannerOf } from '../pools/extensions/pool-extensions.ts'
import type { Db } from '../storage/db.ts'
import type { Triggers } from '../triggers/trigger.ts'
import type { User } from '../users/user.ts'
import type { AuthMethod } from './assurance.ts'
import { accessClaims, type Grant, idClaims, type TokenSubject } from './claims.ts'
import { type GrantedScopes, includesIdToken } from './granted-scopes.ts'
import { signJwt } from './jwt.ts'
import { type RefreshToken, writeRefreshToken } from './refresh-token.ts'
import { defaultTokenCustomization, type TokenCustomization } from './run-pre-token-generation.ts'
import type { Activity, Session, SessionDevice } from './session.ts'
import type { SigningKeys } from './signing-keys.ts'

export type IssuedTokens = {
  readonly accessToken: string
  /** Undefined after a sign-in on the hosted pages without the scope `openid`. */
  readonly idToken: string | undefined
  /** The new refresh token; undefined when the caller keeps its present one. */
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number
  /** A device that the client may confirm; undefined when the pool tracks no devices, or the device is confirmed already. */
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

type NewSession = {
  readonly activity: Activity | null
  readonly device: SessionDevice | undefined
  /** The id of the auth event of the sign-in, where there is one: a notice of the sign-in may have named it already. */
  readonly id?: string | undefined
}

/**
 * A session that begins now. The caller stores the session before handing out tokens. `activity` is null in pools that do not track
 * sessions.
 */
export function draftSession(
  client: AppClient,
  user: User,
  now: number,
  { activity, device, id = newOrderedId(now) }: NewSession,
): Session {
  const longestToken = Math.max(refreshTokenSeconds(client), accessTokenSeconds(client))
  return {
    poolId: user.poolId,
    sub: user.sub,
    id,
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

/** The key that tokens are bound to (RFC 9449): the thumbprint, and whether refreshes need the key as well. */
export type KeyBinding = { readonly boundTo: string; readonly bindsRefreshToken: boolean }

/** The result of a sign-in. */
type Authentication = {
  readonly session: Session
  readonly device: SessionDevice | undefined
  /** Undefined where tokens carry neither `amr` nor `acr`. */
  readonly methods: readonly AuthMethod[] | undefined
  /** When the user was authenticated, in epoch seconds, if that was in an earlier sign-in. */
  readonly since: number | undefined
  /** What `runPreTokenGeneration` returned. Undefined in a pool without a PreTokenGeneration trigger. */
  readonly customization: TokenCustomization | undefined
  /** What the user granted on the hosted pages. Undefined for a sign-in through the API. */
  readonly granted?: GrantedScopes | undefined
  readonly nonce?: string | undefined
  readonly binding?: KeyBinding | undefined
  /** The session of the hosted pages, as ID tokens name it. Undefined for a sign-in through the API. */
  readonly sid?: string | undefined
}

/** The three tokens of a new sign-in. Signs on the thread pool; never call it inside a transaction. */
export async function issueTokens(
  deps: TokenDeps,
  subject: TokenSubject,
  { session, device, methods, since, customization, granted, nonce, binding, sid }: Authentication,
  now: number,
): Promise<IssuedTokens> {
  const refresh: RefreshToken = {
    poolId: subject.pool.id,
    clientId: subject.client.id,
    sub: subject.user.sub,
    sessionId: session.id,
    originJti: randomUUID(),
    authTime: since ?? Math.floor(now / 1000),
    expiresAt: now + refreshTokenSeconds(subject.client) * 1000,
    generation: 0,
    methods,
    granted,
    boundTo: binding?.bindsRefreshToken ? binding.boundTo : undefined,
    sid,
  }
  const confirmed = device?.isConfirmed ? device.key : undefined
  return {
    ...(await reissueTokens(deps, subject, { refresh, deviceKey: confirmed, customization, nonce, boundTo: binding?.boundTo }, now)),
    refreshToken: writeRefreshToken(deps.secrets, refresh),
    newDevice: device?.isConfirmed ? undefined : device,
  }
}

type TokenSource = {
  readonly refresh: RefreshToken
  readonly deviceKey: string | undefined
  readonly customization: TokenCustomization | undefined
  readonly nonce?: string | undefined
  readonly boundTo: string | undefined
}

/** New access and ID tokens of the session that a refresh token belongs to. */
export async function reissueTokens(
  deps: TokenDeps,
  { pool, client, user }: TokenSubject,
  source: TokenSource,
  now: number,
): Promise<Omit<IssuedTokens, 'refreshToken'>> {
  const { refresh, deviceKey, customization, nonce, boundTo } = source
  const { granted } = refresh
  const [{ groups, changes }, accessKey, idKey] = await Promise.all([
    customization ?? defaultTokenCustomization(deps.db, user),
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
    granted,
    nonce,
    boundTo,
    sid: mannerOf(pool) === 'STRICT' ? refresh.sid : undefined,
    changes,
  }
  const signing = signJwt(accessKey, accessClaims(grant, randomUUID()))
  // The ID token of the hosted pages has the hash of the access token. Without it, both tokens are signed at the same time.
  const hashed = granted === undefined ? undefined : await signing
  const signingId = includesIdToken(granted) ? signJwt(idKey, idClaims(grant, randomUUID(), hashed)) : undefined
  const [accessToken, idToken] = await Promise.all([signing, signingId])
  return { accessToken, idToken, expiresInSeconds: accessTokenSeconds(client) }
}
