import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { AuthorizationRequest, AuthorizationRequestDeps, IdentifiedRequest, OwnPage } from './authorization-request.ts'
import { accountPageSteps, cognitoRequestSteps, devicePageSteps, type RequestStep } from './request-checks.ts'
import { strictRequestSteps } from './strict-request-checks.ts'

const requestSteps: Readonly<Record<Manner, readonly RequestStep[]>> = { COGNITO: cognitoRequestSteps, STRICT: strictRequestSteps }

const ownPageSteps: Readonly<Record<OwnPage, readonly RequestStep[]>> = { device: devicePageSteps, account: accountPageSteps }

/** The steps of the pool's manner, or those of a page of ours. */
const stepsOf = ({ pool, ownPage }: IdentifiedRequest): readonly RequestStep[] =>
  ownPage === undefined ? requestSteps[mannerOf(pool)] : ownPageSteps[ownPage]

/**
 * Reads an identified request by its steps.
 *
 * @throws OAuthError for the redirect URI.
 */
export async function readAuthorizationRequest(
  deps: AuthorizationRequestDeps,
  identified: IdentifiedRequest,
): Promise<AuthorizationRequest> {
  const unread = { responseType: 'code', challenge: undefined, nonce: undefined, prompts: [] } as const
  let request: AuthorizationRequest = { ...identified, ...unread, granted: { scopes: [], resource: undefined } }
  for (const step of stepsOf(identified)) request = { ...request, ...(await step(deps, request)) }
  return request
}
