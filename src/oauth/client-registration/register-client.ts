import { recordUnsignedChange } from '../../audit/audit-trail.ts'
import type { Clock } from '../../base/clock.ts'
import { newClientId } from '../../base/ids.ts'
import { countRegisteredClientsUpTo } from '../../pools/app-client-repository.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import type { JwksUriRule } from '../../pools/client-extensions/jwks-uri.ts'
import { endpointBaseOf } from '../../pools/domains/endpoint-base.ts'
import { clientRegistrationOf } from '../../pools/extensions/pool-extensions.ts'
import { listProviderNames } from '../../pools/identity-providers/identity-provider-repository.ts'
import type { Pool } from '../../pools/pool.ts'
import { insertValidClient, type NewClientDeps } from '../../pools/store-client.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { OAuthError } from '../oauth-error.ts'
import type { HostDeps } from '../request-host.ts'
import { type ClientInformation, clientInformation } from './client-information.ts'
import { readClientMetadata } from './client-metadata.ts'
import { keyOfToken } from './initial-access-tokens/initial-access-token.ts'
import { consumeInitialAccessToken, isInitialAccessTokenUsable } from './initial-access-tokens/initial-access-token-repository.ts'
import { invalidMetadata, type SentMetadata } from './metadata-members.ts'
import { draftRegisteredClient } from './registered-client.ts'
import { requireRegistration, scopesFor, tooManyClients, withErrorsOfRules } from './registration-rules.ts'
import { bearerTokenIn, hashOfSecret, newSecretText } from './registration-secret.ts'

export type RegistrationDeps = NewClientDeps & HostDeps & { readonly db: Db; readonly clock: Clock; readonly jwksUriRule: JwksUriRule }

/** Where a request comes from, for its audit record. */
export type RegistrationOrigin = { readonly requestId: string; readonly address: string | undefined }

type RegistrationRequest = { readonly pool: Pool; readonly authorization: string | undefined }

export const invalidToken = () => new OAuthError('invalid_token', { status: 401 })

/**
 * Checks, before the body of the request is read, that its sender may register clients. No use of the initial access token is consumed.
 *
 * @throws MissingEndpoint in pools that are not of manner strict, and in mode OFF.
 * @throws OAuthError invalid_token when the pool needs an initial access token and the request has none that can be used.
 */
export async function requireRegistrant({ db, clock }: RegistrationDeps, { pool, authorization }: RegistrationRequest): Promise<void> {
  if (requireRegistration(pool).mode === 'OPEN') return
  const token = bearerTokenIn(authorization)
  const isUsable = token !== undefined && (await isInitialAccessTokenUsable(db, keyOfToken(pool.id, token), clock.now()))
  if (!isUsable) throw invalidToken()
}

/**
 * The registration endpoint (RFC 7591): makes an app client by the rules of CreateUserPoolClient, and returns its registration access token.
 *
 * @throws MissingEndpoint as `requireRegistrant`
 * @throws OAuthError invalid_token, invalid_client_metadata, invalid_redirect_uri, invalid_software_statement, access_denied
 */
export async function registerClient(
  deps: RegistrationDeps,
  { pool: { id: poolId }, authorization }: RegistrationRequest,
  metadata: SentMetadata,
  origin: RegistrationOrigin,
): Promise<ClientInformation> {
  const { db, clock, jwksUriRule, quotas } = deps
  const [id, token, now] = [newClientId(), newSecretText(), clock.now()]
  const client = await withErrorsOfRules(() =>
    db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, poolId)
      const registration = requireRegistration(pool)
      const read = readClientMetadata(metadata, { registration, jwksUriRule })
      const by = await consumeRight(tx, { pool, authorization }, now)
      const registered = { metadata: read, scopes: await scopesFor(tx, pool, read), tokenHash: hashOfSecret(token), now }
      const providers = await listProviderNames(tx, poolId, quotas.identityProvidersPerPool)
      const drafted = draftRegisteredClient(pool, id, { ...registered, providers })
      await insertValidClient(tx, deps, pool, drafted)
      const most = registration.maxClients
      if ((await countRegisteredClientsUpTo(tx, poolId, most + 1)) > most) throw tooManyClients()
      const detail = `name: ${drafted.name}, ${by}`
      await recordUnsignedChange(tx, clock, { operation: 'RegisterClient', poolId, subject: id, detail, ...origin })
      return drafted
    }),
  )
  return clientInformation(client, { token, uri: await registrationUriOf(deps, client) })
}

/** Uses up what allows the request. Returns it for the audit record. */
async function consumeRight(tx: Tx, { pool, authorization }: RegistrationRequest, now: number): Promise<string> {
  if (clientRegistrationOf(pool).mode === 'OPEN') return 'open registration'
  const key = keyOfToken(pool.id, bearerTokenIn(authorization) ?? '')
  if (!(await consumeInitialAccessToken(tx, key, now))) throw invalidToken()
  return `initial access token: ${key.id}`
}

/** The address at which the client manages its registration (RFC 7592 §3). */
export async function registrationUriOf(
  { pools, publicUrl }: HostDeps,
  { poolId, id }: { readonly poolId: string; readonly id: string },
): Promise<string> {
  return `${endpointBaseOf(publicUrl, await pools.findDomainsOf(poolId))}/oauth2/register/${id}`
}

/** @throws OAuthError invalid_client_metadata when the body is no JSON object */
export function parseMetadata(body: string): SentMetadata {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    throw invalidMetadata('the body must be JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw invalidMetadata('the body must be a JSON object')
  return parsed as SentMetadata
}
