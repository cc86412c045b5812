import { invalidParameter } from '../contract/api-error.ts'
import { type AppClient, accessTokenSeconds, idTokenSeconds, refreshTokenSeconds } from './app-client.ts'
import { isDeveloperOnly, isWritableByClients, requiredAttributeNames } from './attribute-rules.ts'
import type { ClientReferences } from './client-references.ts'
import { requireValidOAuth } from './oauth-rules.ts'
import type { Pool } from './pool.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour
const tenYears = 3650 * day

/**
 * Checks the settings of a client in its pool. `references` are the scopes and identity providers that the client names and the pool has.
 * `action` is the verb in two of the error texts ("… while creating a client").
 * @throws ApiError InvalidParameterException, InvalidOAuthFlowException or ScopeDoesNotExistException, as Cognito does
 */
export function requireValidClient(pool: Pool, client: AppClient, references: ClientReferences, action: 'creating' | 'updating'): void {
  requireValidValidity(client)
  requireValidAttributeLists(pool, client, references, action)
  requireValidAuthFlows(client)
  requireKnownProviders(pool, client, references)
  requireValidOAuth(client, references.scopes)
  if (client.propagateUserContext && client.secrets.length === 0) {
    throw invalidParameter('EnablePropagateAdditionalUserContextData can only be enabled for a client with a client secret.')
  }
}

function requireValidValidity(client: AppClient): void {
  const isWithin = (seconds: number, min: number, max: number) => seconds >= min && seconds <= max
  if (
    !isWithin(refreshTokenSeconds(client), hour, tenYears) ||
    !isWithin(accessTokenSeconds(client), 5 * minute, day) ||
    !isWithin(idTokenSeconds(client), 5 * minute, day)
  ) {
    throw invalidParameter('Invalid range for token validity.')
  }
}

/** A client must be able to write every required attribute. Otherwise no user could sign up through it. */
function requireValidAttributeLists(pool: Pool, client: AppClient, { isFederated }: ClientReferences, action: string): void {
  const schema = new Set(pool.schema.map((definition) => definition.name))
  const { readAttributes = [], writeAttributes } = client
  const isReadable = (name: string) => (schema.has(name) && !isDeveloperOnly(name)) || (isFederated && name === 'identities')
  if (!readAttributes.every(isReadable)) {
    throw invalidParameter(`Invalid read attributes specified while ${action} a client`)
  }
  if (writeAttributes === undefined) return
  const isComplete = requiredAttributeNames(pool).every((name) => writeAttributes.includes(name))
  if (!isComplete || !writeAttributes.every((name) => schema.has(name) && isWritableByClients(name))) {
    throw invalidParameter(`Invalid write attributes specified while ${action} a client`)
  }
}

function requireValidAuthFlows(client: AppClient): void {
  const flows = client.authFlows ?? []
  const modern = flows.filter((flow) => flow.startsWith('ALLOW_'))
  if (modern.length > 0 && modern.length < flows.length) {
    throw invalidParameter('ExplicitAuthFlows cannot mix values that begin with ALLOW_ with those that do not.')
  }
  if (flows.includes('ALLOW_REFRESH_TOKEN_AUTH') && client.refreshRotation?.enabled) {
    throw invalidParameter('ALLOW_REFRESH_TOKEN_AUTH cannot be enabled together with refresh token rotation.')
  }
  if (flows.includes('ALLOW_CLIENT_TOKEN_AUTH') && (flows.length > 1 || client.secrets.length === 0)) {
    throw invalidParameter('ALLOW_CLIENT_TOKEN_AUTH must be the only authentication flow and needs a client with a client secret.')
  }
}

/** Every provider that the client lists must exist in the pool. `COGNITO` always does: it stands for the pool's own users. */
function requireKnownProviders(pool: Pool, client: AppClient, { identityProviders }: ClientReferences): void {
  const unknown = client.identityProviders?.find((provider) => provider !== 'COGNITO' && !identityProviders.has(provider))
  if (unknown !== undefined) throw invalidParameter(`The provider ${unknown} does not exist for User Pool ${pool.id}.`)
}
