import type { RequestContext } from '../../contract/operation.ts'
import type { OAuthFlow } from '../../pools/pool.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Parameters } from '../parameters.ts'

/** A request to the token endpoint by an authenticated client. */
export type GrantRequest = PoolAndClient & {
  readonly parameters: Parameters
  readonly context: RequestContext
  /** The thumbprint of the key that the client has proven to have (RFC 9449). Access tokens are bound to it. */
  readonly boundTo: string | undefined
}

/** The tokens that a grant gives. */
export type GrantedTokens = {
  readonly accessToken: string
  readonly idToken?: string | undefined
  readonly refreshToken?: string | undefined
  readonly expiresInSeconds: number
}

/** One check of a request before its grant is exchanged. It throws an OAuthError. */
export type GrantCheck = (request: GrantRequest) => void

/** One value of `grant_type`: what is checked first, in this order, and what gives the tokens. */
export type Grant<D> = {
  readonly checks: readonly GrantCheck[]
  exchange(deps: D, request: GrantRequest): Promise<GrantedTokens>
}

/** The client may use the OAuth endpoints at all (`AllowedOAuthFlowsUserPoolClient`). */
export const mayUseOAuth: GrantCheck = ({ client }) => {
  if (!client.oauthEnabled) throw new OAuthError('unauthorized_client')
}

/** The client may use the flow (`AllowedOAuthFlows`). */
export const mayUseFlow =
  (flow: OAuthFlow): GrantCheck =>
  ({ client }) => {
    if (!client.oauthFlows?.includes(flow)) throw new OAuthError('unauthorized_client')
  }
