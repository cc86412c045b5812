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
 * Throws the error Cognito gives when the client cannot be as it is in this pool, which has `named` of what the client names; `act` is
 * part of some of the texts.
 */
export function requireValidClient(pool: Pool, client: AppClient, named: ClientReferences, act: 'creating' | 'updating'): void {
  requireValidValidity(client)
  requireValidAttributeLists(pool, client, named, act)
  requireValidAuthFlows(client)
  requireKnownProviders(pool, client, named)
  requireValidOAuth(client, named.scopes)
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

/** What a client may write has to include what every user must have: nobody could sign up through it otherwise. */
function requireValidAttributeLists(pool: Pool, client: AppClient, { isFederated }: ClientReferences, act: string): void {
  const schema = new Set(pool.schema.map((definition) => definition.name))
  const { readAttributes = [], writeAttributes } = client
  const isReadable = (name: string) => (schema.has(name) && !isDeveloperOnly(name)) || (isFederated && name === 'identities')
  if (!readAttributes.every(isReadable)) {
    throw invalidParameter(`Invalid read attributes specified while ${act} a client`)
  }
  if (writeAttributes === undefined) return
  const isComplete = requiredAttributeNames(pool).every((name) => writeAttributes.includes(name))
  if (!isComplete || !writeAttributes.every((name) => schema.has(name) && isWritableByClients(name))) {
    throw invalidParameter(`Invalid write attributes specified while ${act} a client`)
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

/** `COGNITO` are the pool's own users. */
function requireKnownProviders(pool: Pool, client: AppClient, { identityProviders }: ClientReferences): void {
  const unknown = client.identityProviders?.find((provider) => provider !== 'COGNITO' && !identityProviders.has(provider))
  if (unknown !== undefined) throw invalidParameter(`The provider ${unknown} does not exist for User Pool ${pool.id}.`)
}
