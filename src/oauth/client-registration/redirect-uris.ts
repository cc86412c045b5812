import { ApiError } from '../../contract/api-error.ts'
import { requireRedirectUrl } from '../../pools/oauth-rules.ts'
import { OAuthError } from '../oauth-error.ts'
import { type SentMetadata, textsIn } from './metadata-members.ts'

/** As many, and as long, as in CreateUserPoolClient. */
const mostUris = 100
const longestUri = 1024

/**
 * The URIs in a member of the metadata, each of them allowed in this pool.
 * @throws OAuthError invalid_redirect_uri, invalid_client_metadata
 */
export function redirectUrisIn(
  sent: SentMetadata,
  name: 'redirect_uris' | 'post_logout_redirect_uris',
  hosts: readonly string[] | undefined,
): readonly string[] {
  const uris = textsIn(sent, name, mostUris, longestUri) ?? []
  uris.forEach((uri, at) => {
    const problem = problemOf(uri, hosts)
    if (problem !== undefined) throw new OAuthError('invalid_redirect_uri', { description: `${name}, number ${at + 1}: ${problem}` })
  })
  return uris
}

function problemOf(uri: string, hosts: readonly string[] | undefined): string | undefined {
  // A URL parser drops line breaks and tabs, so only the text shows them.
  if (!/^[\x21-\x7e]+$/.test(uri)) return 'a URI has printable ASCII characters only'
  if (!isAllowedByRules(uri)) return 'a redirect URI is absolute, has no fragment, and uses HTTPS unless its host is this machine'
  const { protocol, hostname, username, password } = new URL(uri)
  if (username !== '' || password !== '') return 'a redirect URI has no user name and no password'
  if (hostname.includes('*')) return 'a redirect URI has no wildcard'
  if (hosts === undefined) return undefined
  const isWeb = protocol === 'https:' || protocol === 'http:'
  return isWeb && hosts.some((host) => isHostOf(host, hostname)) ? undefined : 'the pool does not allow this host'
}

/** The rules of CreateUserPoolClient. */
function isAllowedByRules(uri: string): boolean {
  try {
    requireRedirectUrl(uri)
    return true
  } catch (error) {
    if (error instanceof ApiError) return false
    throw error
  }
}

/** `*.example.com` stands for all names below it, and not for `example.com` itself. */
const isHostOf = (allowed: string, hostname: string): boolean =>
  allowed.startsWith('*.') ? hostname.endsWith(allowed.slice(1)) && hostname.length > allowed.length - 1 : hostname === allowed
