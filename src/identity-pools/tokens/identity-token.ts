import type { Clock } from '../../base/clock.ts'
import type { Db } from '../../storage/db.ts'
import { signJwt } from '../../tokens/jwt.ts'
import { identityPoolKeys, type SigningKeys } from '../../tokens/signing-keys.ts'
import { findOwners } from '../identities/identity-repository.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { type LoginToken, readLoginToken, verifyLoginToken, wrongIssuer } from '../logins/login-token.ts'
import { ownProvider } from '../logins/verify-logins.ts'

/** The issuer of the tokens of all identity pools. Its keys are those of the whole installation, so that verifiers must check `aud`. */
export const identityIssuerOf = (publicUrl: string): string => `${publicUrl}/identity`

/** The keys of `Logins` that mean a token of this server. */
export const ownProviders = (publicUrl: string): readonly string[] => [ownProvider, identityIssuerOf(publicUrl).replace(/^https?:\/\//, '')]

type Deps = { readonly db: Db; readonly clock: Clock; readonly publicUrl: string; readonly signingKeys: SigningKeys }

/** The claim that holds principal tags (IAM User Guide, "Pass session tags in AWS STS"). */
export const tagsClaim = 'https://aws.amazon.com/tags'

type TokenContent = {
  readonly poolId: string
  readonly identityId: string
  /** `unauthenticated`, or `authenticated` and what the logins say. */
  readonly amr: readonly string[]
  readonly principalTags: Readonly<Record<string, string>>
  readonly lifetimeSeconds: number
}

/** A token of an identity, for any service that exchanges it for credentials. */
export async function issueIdentityToken({ clock, publicUrl, signingKeys }: Omit<Deps, 'db'>, content: TokenContent): Promise<string> {
  const { poolId, identityId, amr, principalTags, lifetimeSeconds } = content
  const iat = Math.floor(clock.now() / 1000)
  const keys = Object.keys(principalTags)
  const tags = {
    principal_tags: Object.fromEntries(Object.entries(principalTags).map(([key, value]) => [key, [value]])),
    transitive_tag_keys: keys,
  }
  return signJwt(await signingKeys.signer(identityPoolKeys, 'id'), {
    sub: identityId,
    aud: poolId,
    amr,
    iss: identityIssuerOf(publicUrl),
    ...(keys.length > 0 && { [tagsClaim]: tags }),
    exp: iat + lifetimeSeconds,
    iat,
  })
}

/**
 * Verifies a token of this server. Undefined when it was not issued to a developer user of the identity.
 * @throws ApiError NotAuthorizedException when the token is not valid
 */
export async function verifyDeveloperToken(
  deps: Deps,
  pool: IdentityPool,
  identityId: string,
  text: string,
): Promise<Pick<TokenContent, 'amr' | 'principalTags'> | undefined> {
  const token = readLoginToken(text)
  if (token.claims['iss'] !== identityIssuerOf(deps.publicUrl)) throw wrongIssuer()
  const content = await verifyIdentityToken(deps, token)
  const isProof = content.poolId === pool.id && content.identityId === identityId && isDeveloperToken(pool, content)
  return isProof && (await isDeveloperUserLinked(deps.db, pool, content)) ? content : undefined
}

const isDeveloperToken = ({ developerProvider }: IdentityPool, { amr }: Pick<TokenContent, 'amr'>): boolean =>
  developerProvider !== undefined && amr[1] === developerProvider

/**
 * Whether the developer user of a token still belongs to the identity. A token lasts up to a day, and the user may be unlinked meanwhile.
 * True for a token of any other login.
 */
export async function isDeveloperUserLinked(
  db: Db,
  pool: IdentityPool,
  content: Pick<TokenContent, 'amr' | 'identityId'>,
): Promise<boolean> {
  if (!isDeveloperToken(pool, content)) return true
  const [, provider = '', method = ''] = content.amr
  const subject = method.slice(`${provider}:${pool.id}:`.length)
  const [owner] = await findOwners(db, pool.id, [{ provider, subject }])
  return owner === content.identityId
}

/**
 * Verifies a token whose issuer is `identityIssuerOf`.
 * @throws ApiError NotAuthorizedException when the token is not valid
 */
export async function verifyIdentityToken(
  { clock, signingKeys }: Pick<Deps, 'clock' | 'signingKeys'>,
  token: LoginToken,
): Promise<Omit<TokenContent, 'lifetimeSeconds'>> {
  const key = token.kid === undefined ? undefined : await signingKeys.find(identityPoolKeys, token.kid)
  await verifyLoginToken(token, key?.publicKey, { algorithms: ['RS512'], now: clock.now() })
  // The signature is this server's own, so the claims have the form that `issueIdentityToken` gives them.
  const {
    aud,
    sub,
    amr,
    [tagsClaim]: tags,
  } = token.claims as {
    readonly aud: string
    readonly sub: string
    readonly amr: readonly string[]
    readonly [tagsClaim]?: { readonly principal_tags: Readonly<Record<string, readonly [string]>> }
  }
  const entries = Object.entries(tags?.principal_tags ?? {}).map(([key, [value]]) => [key, value] as const)
  return { poolId: aud, identityId: sub, amr, principalTags: Object.fromEntries(entries) }
}
