import type { Clock } from '../../base/clock.ts'
import { signJwt } from '../../tokens/jwt.ts'
import { identityPoolKeys, type SigningKeys } from '../../tokens/signing-keys.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { readLoginToken, verifyLoginToken, wrongIssuer } from '../logins/login-token.ts'
import { ownProvider } from '../logins/verify-logins.ts'

/** The issuer of the tokens of all identity pools. Its keys are those of the whole installation, so that verifiers must check `aud`. */
export const identityIssuerOf = (publicUrl: string): string => `${publicUrl}/identity`

/** The keys of `Logins` that mean a token of this server. */
export const ownProviders = (publicUrl: string): readonly string[] => [ownProvider, identityIssuerOf(publicUrl).replace(/^https?:\/\//, '')]

type Deps = { readonly clock: Clock; readonly publicUrl: string; readonly signingKeys: SigningKeys }

type TokenContent = {
  readonly poolId: string
  readonly identityId: string
  /** `unauthenticated`, or `authenticated` and what the logins say. */
  readonly amr: readonly string[]
  readonly principalTags: Readonly<Record<string, string>>
  readonly lifetimeSeconds: number
}

/** A token of an identity, for any service that exchanges it for credentials. */
export async function issueIdentityToken({ clock, publicUrl, signingKeys }: Deps, content: TokenContent): Promise<string> {
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
    ...(keys.length > 0 && { 'https://aws.amazon.com/tags': tags }),
    exp: iat + lifetimeSeconds,
    iat,
  })
}

/**
 * Verifies a token of this server. True when it was issued to a developer user of the identity.
 * @throws ApiError NotAuthorizedException when the token is not valid
 */
export async function isProofOfDeveloperUser(
  { clock, publicUrl, signingKeys }: Deps,
  pool: IdentityPool,
  identityId: string,
  text: string,
): Promise<boolean> {
  const token = readLoginToken(text)
  const { iss, aud, sub, amr } = token.claims
  if (iss !== identityIssuerOf(publicUrl)) throw wrongIssuer()
  const key = token.kid === undefined ? undefined : await signingKeys.find(identityPoolKeys, token.kid)
  await verifyLoginToken(token, key?.publicKey, { algorithms: ['RS512'], now: clock.now() })
  const isDeveloperToken = Array.isArray(amr) && pool.developerProvider !== undefined && amr[1] === pool.developerProvider
  return isDeveloperToken && aud === pool.id && sub === identityId
}
