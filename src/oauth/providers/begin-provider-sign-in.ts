import { randomBytes } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import type { Federation } from '../../federation/federation.ts'
import { FederationError } from '../../federation/federation-error.ts'
import { hashOf } from '../../federation/hash.ts'
import { newState, providerSignInMs } from '../../federation/pending/provider-sign-in.ts'
import { insertProviderSignIn } from '../../federation/pending/provider-sign-in-repository.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { findIdentityProvider } from '../../pools/identity-providers/identity-provider-repository.ts'
import { type AppAnswer, errorAnswer } from '../authorize/authorization-answer.ts'
import type { AuthorizationRequest, AuthorizationRequestDeps } from '../authorize/authorization-request.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { OAuthError } from '../oauth-error.ts'
import { endpointBaseOfHost } from '../request-host.ts'
import { mostAgeAtProvider } from './age-at-provider.ts'

export type ProviderSignInDeps = AuthorizationRequestDeps & {
  readonly secrets: Secrets
  readonly publicUrl: string
  readonly federation: Federation
}

type Beginning = {
  readonly request: AuthorizationRequest
  readonly providerName: string
  /** A token that the browser keeps. Only this browser can bring the answer. */
  readonly browserToken: string
}

/** Begins a sign-in by an identity provider. Returns where the browser goes: to the provider, or to the app with an error. */
export async function beginProviderSignIn(
  deps: ProviderSignInDeps,
  { host, query }: BrowserRequest,
  { request, providerName, browserToken }: Beginning,
): Promise<AppAnswer> {
  const { pool, client } = request
  let provider: IdentityProvider | undefined
  try {
    provider = await findIdentityProvider(deps.db, deps.secrets, pool.id, providerName)
    if (provider === undefined) throw new FederationError('The identity provider is not available for this client.', { reason: 'settings' })
    const state = newState(client.id)
    const mostAgeSeconds = mostAgeAtProvider(request)
    const path = provider.config.type === 'SAML' ? '/saml2/idpresponse' : '/oauth2/idpresponse'
    const { location, proof } = await deps.federation.begin({
      poolId: pool.id,
      provider,
      redirectUri: endpointBaseOfHost(deps.publicUrl, host) + path,
      state,
      // Not the nonce of the app: any person who begins a sign-in chooses that, and could repeat the one of a stolen code.
      nonce: randomBytes(32).toString('base64url'),
      loginHint: request.received.parameters.get('login_hint'),
      prompts: request.prompts,
      mostAgeSeconds,
    })
    const askedAt = deps.clock.now()
    const freshness = mostAgeSeconds === undefined ? undefined : { askedAt, mostAgeSeconds }
    const details = { providerName, query, browser: hashOf(browserToken), proof, freshness }
    const expiresAt = askedAt + providerSignInMs
    await insertProviderSignIn(deps.db, deps.secrets, { poolId: pool.id, id: hashOf(state), clientId: client.id, details, expiresAt })
    return { location }
  } catch (error) {
    if (!(error instanceof FederationError)) throw error
    const failed = { poolId: pool.id, clientId: client.id, provider: providerName, type: provider?.config.type }
    await deps.federation.noteFailure(failed, error)
    return errorAnswer(request.target, new OAuthError(error.error, { description: error.message, cause: error }))
  }
}
