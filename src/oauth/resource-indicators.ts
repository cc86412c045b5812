import { isLoopbackHost } from '../loopback.ts'
import { OAuthError, type OAuthErrorCode } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'

/** Schemes that are neither of the web nor of an app. */
const otherSchemes: readonly string[] = ['http:', 'data:', 'javascript:', 'file:', 'blob:', 'about:']

const longestResource = 1024

/**
 * The API that the access tokens are to be for (RFC 8707 §2): an absolute URL without a fragment, by HTTPS, by HTTP on a loopback host, or
 * with the scheme of an app. Undefined when the request names none.
 *
 * @throws OAuthError with the code `refusal` when it is something else.
 */
export function readResource(parameters: Parameters, refusal: OAuthErrorCode = 'invalid_request'): string | undefined {
  const resource = parameters.get('resource')
  if (resource === undefined) return undefined
  const url = resource.length > longestResource || resource.includes('#') ? null : URL.parse(resource)
  const isAllowed = url !== null && (!otherSchemes.includes(url.protocol) || (url.protocol === 'http:' && isLoopbackHost(url.hostname)))
  if (!isAllowed) throw new OAuthError(refusal)
  return resource
}
