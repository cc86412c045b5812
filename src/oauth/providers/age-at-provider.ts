import { mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { asksForFreshProof } from '../devices/browser-device.ts'

/**
 * How many seconds ago the user may have signed in at the identity provider. Undefined where any session there will do. In manner cognito, an
 * app's `prompt=login` goes to the provider and nothing is verified, as at Cognito.
 */
export function mostAgeAtProvider(request: AuthorizationRequest): number | undefined {
  if (asksForFreshProof(request)) return 0
  if (mannerOf(request.pool) !== 'STRICT') return undefined
  return request.prompts.includes('login') ? 0 : request.maxAge
}
