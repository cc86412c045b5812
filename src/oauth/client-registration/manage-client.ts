import { recordUnsignedChange } from '../../audit/audit-trail.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { AppClient } from '../../pools/app-client.ts'
import { lockAppClient } from '../../pools/app-client-repository.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import { deleteClient } from '../../pools/delete-client-resources.ts'
import { findProviderNames } from '../../pools/identity-providers/identity-provider-repository.ts'
import { updateValidClient } from '../../pools/store-client.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Tx } from '../../storage/db.ts'
import { ownUsers } from '../providers/find-provider.ts'
import { findClientOfHost, type RequestHost } from '../request-host.ts'
import { type ClientInformation, clientInformation } from './client-information.ts'
import { readClientMetadata } from './client-metadata.ts'
import { invalidMetadata, type SentMetadata } from './metadata-members.ts'
import { invalidToken, type RegistrationDeps, type RegistrationOrigin, registrationUriOf } from './register-client.ts'
import { withMetadata } from './registered-client.ts'
import { requireRegistration, scopesFor, withErrorsOfRules } from './registration-rules.ts'
import { bearerTokenIn, isSecretOf } from './registration-secret.ts'

type ManagementRequest = {
  readonly host: RequestHost
  readonly clientId: string
  readonly authorization: string | undefined
  /** Called as soon as the client is found, whether or not the token is right. */
  readonly onClient: (owner: PoolAndClient) => void
}

/** A registered client, and its registration access token. */
export type Registrant = { readonly owner: PoolAndClient; readonly token: string }

/**
 * The client that the request is about and whose registration access token it has (RFC 7592 §2).
 *
 * @throws MissingEndpoint in pools that are not of manner strict, and in mode OFF.
 * @throws OAuthError invalid_token when the client does not exist here, did not register itself, or has another token.
 */
export async function requireRegisteredClient(deps: RegistrationDeps, request: ManagementRequest): Promise<Registrant> {
  const token = bearerTokenIn(request.authorization)
  const owner = await findClientOfHost(deps, request.host, request.clientId)
  if (owner === undefined) throw invalidToken()
  requireRegistration(owner.pool)
  request.onClient(owner)
  if (token === undefined || !isOwnToken(owner.client, token)) throw invalidToken()
  return { owner, token }
}

const isOwnToken = ({ registration }: AppClient, token: string): boolean =>
  registration !== undefined && isSecretOf(registration.tokenHash, token)

/** What the client has registered (RFC 7592 §2.1). The token stays the same, so the answer repeats it. */
export async function describeClient(deps: RegistrationDeps, { owner: { client }, token }: Registrant): Promise<ClientInformation> {
  return clientInformation(client, { token, uri: await registrationUriOf(deps, client) })
}

/**
 * Replaces the metadata of the client (RFC 7592 §2.2). Members that are left out get their defaults. Members that only the server sets are
 * ignored.
 *
 * @throws OAuthError invalid_token, invalid_client_metadata, invalid_redirect_uri, invalid_software_statement
 */
export async function updateClient(
  deps: RegistrationDeps,
  { owner: { pool, client }, token }: Registrant,
  metadata: SentMetadata,
  origin: RegistrationOrigin,
): Promise<ClientInformation> {
  const { db, clock, pools, jwksUriRule } = deps
  if (metadata['client_id'] !== client.id) throw invalidMetadata('client_id must be the id of the client')
  const now = clock.now()
  const changed = await withErrorsOfRules(() =>
    db.transaction().execute(async (tx) => {
      const locked = await requireLockedPool(tx, pool.id)
      const registration = requireRegistration(locked)
      const before = await withoutDeletedProviders(tx, await requireLockedRegistrant(deps, tx, client, token))
      requireOwnSecret(before, metadata['client_secret'] ?? undefined)
      const read = readClientMetadata(metadata, { registration, jwksUriRule })
      const tokenHash = before.registration?.tokenHash ?? ''
      const after = withMetadata(before, { metadata: read, scopes: await scopesFor(tx, locked, read), tokenHash, now })
      await updateValidClient(tx, deps, locked, after)
      const members = changedMembers(shownIn(before), shownIn(after))
      const record = { operation: 'UpdateRegisteredClient', poolId: pool.id, subject: client.id, changedMembers: members }
      await recordUnsignedChange(tx, clock, { ...record, ...origin })
      return after
    }),
  )
  await pools.invalidate(pool.id)
  return clientInformation(changed, { token, uri: await registrationUriOf(deps, changed) })
}

/** The rules for app clients refuse providers that do not exist. The client cannot change which ones it offers. */
async function withoutDeletedProviders(tx: Tx, client: AppClient): Promise<AppClient> {
  const { poolId, identityProviders } = client
  const existing = await findProviderNames(tx, poolId, identityProviders ?? [])
  return { ...client, identityProviders: identityProviders?.filter((name) => name === ownUsers || existing.has(name)) }
}

/** The members of the metadata. The names of those that differ are in the audit record. */
function shownIn(client: AppClient): object {
  const { registration_access_token: _token, registration_client_uri: _uri, ...shown } = clientInformation(client, { token: '', uri: '' })
  return shown
}

/** @throws OAuthError invalid_client_metadata for a secret of the client's choice (RFC 7592 §2.2) */
function requireOwnSecret({ secrets }: AppClient, sent: unknown): void {
  if (sent !== undefined && !secrets.some(({ value }) => value === sent)) {
    throw invalidMetadata('client_secret must be the secret of the client, or be left out')
  }
}

/**
 * Deletes the client (RFC 7592 §2.3). Its tokens end with it.
 * @throws OAuthError invalid_token when the client was deleted meanwhile
 */
export async function deleteRegisteredClient(
  deps: RegistrationDeps,
  { owner: { pool, client }, token }: Registrant,
  origin: RegistrationOrigin,
): Promise<void> {
  const { db, clock, pools } = deps
  await db.transaction().execute(async (tx) => {
    await requireLockedRegistrant(deps, tx, client, token)
    const name = await deleteClient(tx, pool.id, client.id)
    const record = { operation: 'DeleteRegisteredClient', poolId: pool.id, subject: client.id, detail: `name: ${name}` }
    await recordUnsignedChange(tx, clock, { ...record, ...origin })
  })
  await pools.invalidate(pool.id)
}

/** The stored client, locked. The cached one may be some seconds old. */
async function requireLockedRegistrant(
  { secrets }: RegistrationDeps,
  tx: Tx,
  { poolId, id }: AppClient,
  token: string,
): Promise<AppClient> {
  const client = await lockAppClient(tx, secrets, poolId, id)
  if (client === undefined || !isOwnToken(client, token)) throw invalidToken()
  return client
}
