import { ApiError } from '../contract/api-error.ts'
import { type Headers, headerValues } from './signed-request.ts'

/** What the headers of a request say about its signature. Nothing here is verified yet. */
export type SignatureClaim = {
  readonly keyId: string
  /** `date`, `region`, `service` and `terminator` are the four parts of the credential scope, in this order. */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
  /** The names of the headers that the signature covers, in lower case and sorted. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** The time of the signature: in epoch milliseconds, and as `YYYYMMDDTHHMMSSZ`. */
  readonly signedAt: number
  readonly timestamp: string
  /** The header that carried the time. */
  readonly dateHeader: 'x-amz-date' | 'date'
}

const algorithm = 'AWS4-HMAC-SHA256'

/**
 * @throws ApiError MissingAuthenticationTokenException when there is no signature
 * @throws ApiError IncompleteSignatureException when the signature is not complete enough to be checked
 */
export function readSignatureClaim(headers: Headers): SignatureClaim {
  const authorization = singleHeader(headers, 'authorization')?.trim() ?? ''
  // Without this prefix the header is something else, such as a Bearer token. AWS makes the same distinction.
  if (!authorization.startsWith('AWS4-')) throw new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const [name = '', ...rest] = authorization.split(/[ \t]+/)
  if (name !== algorithm) throw incomplete(`Unsupported AWS 'algorithm': '${name}' (only ${algorithm} for now).`)

  const parameters = readParameters(rest.join(' '))
  const [credential, signedHeaders, signature] = ['Credential', 'SignedHeaders', 'Signature'].map((key) => parameters.get(key))
  const dateHeader = singleHeader(headers, 'x-amz-date') === undefined ? 'date' : 'x-amz-date'
  const date = singleHeader(headers, dateHeader)
  if (!credential || !signedHeaders || !signature || date === undefined) {
    throw incomplete(missingParts({ Credential: credential, Signature: signature, SignedHeaders: signedHeaders }, date))
  }
  return { ...readSignatureParts(credential, signedHeaders), signature, ...readTimestamp(date), dateHeader }
}

/**
 * Reads the credential scope and the names of the signed headers.
 * @throws ApiError IncompleteSignatureException when one of them is malformed
 */
export function readSignatureParts(
  credential: string,
  signedHeaders: string,
): Omit<SignatureClaim, 'signature' | 'signedAt' | 'timestamp' | 'dateHeader'> {
  return { ...readCredential(credential), signedHeaders: readSignedHeaders(signedHeaders) }
}

/**
 * The value of a header that must not be sent twice, because another reader of the request could pick the other value.
 * @throws ApiError IncompleteSignatureException when the header was sent more than once
 */
export function singleHeader(headers: Headers, name: string): string | undefined {
  const [value, ...others] = headerValues(headers, name)
  if (others.length > 0) throw incomplete(`The header '${name}' must not be sent more than once.`)
  return value
}

function readParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    if (at < 0) throw incomplete('Authorization header has a part that is not a valid key=value pair (missing equal-sign).')
    const key = part.slice(0, at).trim()
    if (parameters.has(key)) throw incomplete('Authorization header has the same parameter twice.')
    parameters.set(key, part.slice(at + 1).trim())
  }
  return parameters
}

function missingParts(parameters: Record<string, string | undefined>, date: string | undefined): string {
  const sentences = Object.entries(parameters)
    .filter(([, value]) => !value)
    .map(([name]) => `Authorization header requires '${name}' parameter.`)
  if (date === undefined) sentences.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  return sentences.join(' ')
}

function readCredential(credential: string): Pick<SignatureClaim, 'keyId' | 'date' | 'region' | 'service' | 'terminator'> {
  const parts = credential.split('/')
  if (parts.length !== 5) {
    throw incomplete('Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.')
  }
  const [keyId = '', date = '', region = '', service = '', terminator = ''] = parts
  return { keyId, date, region, service, terminator }
}

function readSignedHeaders(text: string): readonly string[] {
  const names = text.toLowerCase().split(';').sort()
  // RFC 9110 §5.6.2 tokens only. Any other "name" could add a line to the text that is signed.
  const plain = names.every((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
  if (!plain || new Set(names).size !== names.length) throw incomplete("'SignedHeaders' must be a list of distinct header names.")
  return names
}

function readTimestamp(text: string): Pick<SignatureClaim, 'signedAt' | 'timestamp'> {
  const date = text.trim()
  // Old clients send `Date` in HTTP's date format (RFC 9110 §5.6.7).
  const httpDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
  const time = parseTimestamp(date) ?? (httpDate.test(date) ? timeOf(Date.parse(date)) : undefined)
  if (time === undefined) throw incomplete("Date must be in ISO-8601 'basic format'.")
  return time
}

/** Reads a time in the basic format of ISO 8601, `YYYYMMDDTHHMMSSZ`. Undefined for any other text. */
export function parseTimestamp(text: string): Pick<SignatureClaim, 'signedAt' | 'timestamp'> | undefined {
  if (!/^\d{8}T\d{6}Z$/.test(text)) return undefined
  const [year, month, day, time] = [text.slice(0, 4), text.slice(4, 6), text.slice(6, 8), text.slice(9, 15)]
  const signedAt = Date.parse(`${year}-${month}-${day}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`)
  // A day such as February 30 is a day of March to Date.parse, and 24:00 is midnight of the next day. Other times are written as they are.
  return day <= '28' && time < '24' ? readTime(signedAt, text) : timeOf(signedAt)
}

function readTime(signedAt: number, timestamp: string): Pick<SignatureClaim, 'signedAt' | 'timestamp'> | undefined {
  return Number.isNaN(signedAt) ? undefined : { signedAt, timestamp }
}

function timeOf(signedAt: number): Pick<SignatureClaim, 'signedAt' | 'timestamp'> | undefined {
  return Number.isNaN(signedAt) ? undefined : { signedAt, timestamp: writeTimestamp(signedAt) }
}

/** Writes a time in the basic format of ISO 8601, to the second: `YYYYMMDDTHHMMSSZ`. */
export function writeTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, '')
}

function incomplete(message: string): ApiError {
  return new ApiError('IncompleteSignatureException', message)
}
