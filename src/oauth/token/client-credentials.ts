import { isObject } from '../../base/is-object.ts'
import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { findExistingScopes, userScopes } from '../../pools/resource-servers/scopes.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Db } from '../../storage/db.ts'
import { findClientScopes } from '../../tokens/client-grant.ts'
import { type ClientTokenDeps, issueClientToken } from '../../tokens/issue-client-token.ts'
import { callerContextOf, type Texts } from '../../triggers/trigger.ts'
import { OAuthError, type OAuthErrorCode } from '../oauth-error.ts'
import { listIn, type Parameters } from '../parameters.ts'
import { type Grant, mayUseFlow, mayUseOAuth } from './grant.ts'

export type ClientCredentialsDeps = ClientTokenDeps & { readonly db: Db; readonly pools: PoolCatalog }

/** The grant `client_credentials` (RFC 6749 §4.4): a client gets an access token for itself. */
export const clientCredentials: Grant<ClientCredentialsDeps> = {
  checks: [mayUseOAuth, mayUseFlow('client_credentials')],

  async exchange(deps, { pool, client, parameters, context, boundTo }) {
    const caller = callerContextOf(client, context, readClientMetadata(parameters))
    const scopes = await requireScopes(deps, { pool, client }, listIn(parameters, 'scope'))
    return issueClientToken(deps, { pool, client, scopes, boundTo }, caller)
  },
}

/**
 * The scopes of the token: those that the client asks for, otherwise all custom scopes that it may have. One wrong scope refuses them all.
 *
 * @throws OAuthError invalid_scope when a scope does not exist, is about a user, or when no scope is left.
 * @throws OAuthError invalid_grant when a scope exists but is not one of the client, in manner cognito; else invalid_scope (RFC 6749 §5.2).
 */
async function requireScopes(
  { db, pools }: ClientCredentialsDeps,
  { pool, client }: PoolAndClient,
  requested: readonly string[] = [],
): Promise<readonly string[]> {
  const offered = await findClientScopes(pools, client)
  const refused = requested.filter((scope) => !offered.includes(scope))
  if (refused.length > 0) {
    const existing = await findExistingScopes(db, client.poolId, refused)
    const isKnown = refused.every((scope) => existing.has(scope) && !userScopes.includes(scope))
    throw new OAuthError(isKnown ? refusalOfKnown[mannerOf(pool)] : 'invalid_scope')
  }
  const scopes = requested.length === 0 ? offered : requested
  if (scopes.length === 0) throw new OAuthError('invalid_scope')
  return scopes
}

/** The error for scopes of other clients. */
const refusalOfKnown: Readonly<Record<Manner, OAuthErrorCode>> = { COGNITO: 'invalid_grant', STRICT: 'invalid_scope' }

/** The most entries that ClientMetadata may have in the API. */
const mostEntries = 100

/**
 * `aws_client_metadata`: JSON with texts by name, for the PreTokenGeneration trigger.
 *
 * @throws OAuthError invalid_request when it is something else.
 */
function readClientMetadata(parameters: Parameters): Texts | undefined {
  const text = parameters.get('aws_client_metadata')
  if (text === undefined) return undefined
  const metadata = parseJson(text)
  const isValid = isObject(metadata) && Object.keys(metadata).length <= mostEntries
  if (!isValid || !Object.values(metadata).every((value) => typeof value === 'string')) throw new OAuthError('invalid_request')
  return metadata as Texts
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
