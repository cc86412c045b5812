import { isServiceKey } from '../../access/condition-keys.ts'
import { RequestRefusal } from '../../access/request-refusal.ts'
import { type Headers, headerValues } from '../../access/signed-request.ts'
import { readIpAddress } from '../../base/ip-address.ts'
import { invalidParameter } from '../../contract/api-error.ts'

/** What the configuration of a proxy says about the condition keys of its clients' requests. */
export type ContextRequirements = {
  /** The header in which the proxy writes the address of its client. Without it, requests have no `aws:SourceIp`. */
  readonly addressHeader: string | undefined
  /** Condition keys such as `s3:prefix`. Their values are those of the query parameters of the name after the colon. */
  readonly queryKeys: readonly string[]
}

/** The longest value of a parameter. Longer ones could not be compared with a policy. */
const longestValue = 2048

/**
 * The condition keys that a request to a proxy has.
 * @throws ApiError InvalidParameterException when the proxy's configuration is wrong
 * @throws RequestRefusal when services may read a query parameter in different ways
 */
export function contextOfProxy(
  { headers, query }: { readonly headers: Headers; readonly query: string },
  { addressHeader, queryKeys }: ContextRequirements,
): ReadonlyMap<string, readonly string[]> {
  const context = new Map<string, readonly string[]>()
  if (addressHeader !== undefined) context.set('aws:sourceip', [requireAddress(headers, addressHeader)])
  // The client chooses this header, and a proxy only passes it on. The same holds for `aws:UserAgent` at AWS.
  const [userAgent, ...others] = headerValues(headers, 'user-agent')
  if (userAgent !== undefined && others.length === 0) context.set('aws:useragent', [userAgent.slice(0, longestValue)])
  for (const key of queryKeys) {
    const name = key.toLowerCase()
    if (!isServiceKey(name) || context.has(name))
      throw invalidParameter(`QueryKey: ${JSON.stringify(key)} must be a condition key of a service, such as s3:prefix, and be there once.`)
    const value = parameterOf(query, key.slice(key.indexOf(':') + 1))
    if (value !== undefined) context.set(name, [value])
  }
  return context
}

/**
 * The address that the proxy wrote: the last one in the header, because proxies append to X-Forwarded-For. A request without an address is
 * not decided: a Deny for some addresses would not count.
 */
function requireAddress(headers: Headers, name: string): string {
  const values = headerValues(headers, name.toLowerCase())
  const address = values.length === 1 ? readIpAddress(values[0]?.split(',').at(-1)) : undefined
  if (address === undefined) throw invalidParameter(`The proxy must send the address of its client in the header ${name} once.`)
  return address
}

/**
 * The value of a query parameter; undefined when the query does not have it. A value that services read in different ways is refused, since
 * the service may act on another reading than the policy: a parameter that is there twice, in another case, in the spelling
 * of PHP, or as a list (`prefix[]`), a plus sign in the value, a semicolon, and a name that cannot be decoded.
 * @throws RequestRefusal when the parameter has two readings
 */
function parameterOf(query: string, name: string): string | undefined {
  const wanted = name.toLowerCase()
  let found: string | undefined
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=')
    const sentName = at < 0 ? pair : pair.slice(0, at)
    if (!mayBeReadAs(wanted, decoded(sentName)) && !pair.includes(';')) continue
    const value = decoded(at < 0 ? '' : pair.slice(at + 1))
    const isPlain = sentName === name && value !== undefined && found === undefined && !/[+;]/.test(pair) && value.length <= longestValue
    if (!isPlain) throw new RequestRefusal('not-allowed', `The query parameter ${name} has two readings.`)
    found = value
  }
  return found
}

/** Whether a service may find the parameter in the query. Some take a semicolon for a separator. */
export const mayHaveParameter = (query: string, name: string): boolean =>
  query !== '' && query.split(/[&;]/).some((pair) => mayBeReadAs(name, decoded(pair.replace(/=.*$/, ''))))

/**
 * Whether a service may read a parameter of this name as the wanted one, which is in lower case. PHP drops blanks before a name and writes
 * dots, blanks and brackets in it as underscores, so that `tenant.id` is `tenant_id` there.
 */
function mayBeReadAs(wanted: string, name: string | undefined): boolean {
  if (name === undefined) return true
  const sent = name.toLowerCase().replace(/^[\s+]+/, '')
  const isSameBeginning = withUnderscores(sent.slice(0, wanted.length)) === withUnderscores(wanted)
  return isSameBeginning && /^(?:$|[[.\s+])/.test(sent.slice(wanted.length))
}

const withUnderscores = (text: string): string => text.replaceAll(/[[.\s+]/g, '_')

/** Undefined when the text is no percent-encoding, or has control characters, at which some programs end a text. */
function decoded(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    return /[\x00-\x1f\x7f]/.test(plain) ? undefined : plain
  } catch {
    return undefined
  }
}
