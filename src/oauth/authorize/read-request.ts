import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { AuthorizationRequest, AuthorizationRequestDeps, IdentifiedRequest } from './authorization-request.ts'
import { cognitoRequestSteps, devicePageSteps, type RequestStep } from './request-checks.ts'
import { strictRequestSteps } from './strict-request-checks.ts'

const requestSteps: Readonly<Record<Manner, readonly RequestStep[]>> = { COGNITO: cognitoRequestSteps, STRICT: strictRequestSteps }

/** The steps of the pool's manner, or those of the device page. */
const stepsOf = ({ pool, isForDevicePage }: IdentifiedRequest): readonly RequestStep[] =>
  isForDevicePage ? devicePageSteps : requestSteps[mannerOf(pool)]

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
