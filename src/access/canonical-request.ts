import { headerValues, type RequestHead } from './signed-request.ts'

/** How a service signs paths: S3 signs the name of an object as it is, all other services sign a normalized path. */
export type CanonicalForm = 'normalized' | 's3'

/**
 * The text that a signature of version 4 covers: method, path, query, signed headers and the hash of the body. Each part has a canonical
 * form that signer and verifier both derive. `signedHeaders` is sorted and in lower case.
 * @throws URIError when the path or the query is not valid percent-encoding
 */
export function canonicalRequest(request: RequestHead, signedHeaders: readonly string[], bodyHash: string, form: CanonicalForm): string {
  return [
    request.method,
    form === 's3' ? s3Path(request.path) : canonicalPath(request.path),
    canonicalQuery(request.query),
    ...signedHeaders.map((name) => `${name}:${headerValues(request.headers, name).map(canonicalValue).join(',')}`),
    '',
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n')
}

/** A path or segment that no encoding changes (RFC 3986 §2.3). */
const plainPath = /^[\w.~/-]*$/

/** The path with each segment encoded once, in AWS's manner, whichever characters the client escaped. */
function s3Path(path: string): string {
  if (plainPath.test(path)) return path
  return path
    .split('/')
    .map((segment) => (plainPath.test(segment) ? segment : encode(decodeURIComponent(segment))))
    .join('/')
}

/** Removes dot segments (RFC 3986 §5.2.4) and empty segments, and encodes the path once more. Only S3 signs the path as it is. */
function canonicalPath(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(encode(segment))
  }
  const slash = segments.length > 0 && path.endsWith('/') ? '/' : ''
  return `/${segments.join('/')}${slash}`
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): readonly [string, string] => {
      const at = pair.indexOf('=')
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))]
    })
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** White space, also that of folded lines (RFC 9112 §5.2), becomes one space, so a value cannot look like a separate line. */
function canonicalValue(value: string): string {
  const trimmed = value.trim()
  return /\s\s|[^\S ]/.test(trimmed) ? trimmed.replace(/\s+/g, ' ') : trimmed
}

/** Escapes everything but unreserved characters (RFC 3986 §2.3). */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
