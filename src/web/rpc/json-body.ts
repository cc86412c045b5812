import { ApiError } from '../../contract/api-error.ts'
import { jsonContentType } from './rpc-error.ts'

/** The most that a JSON text may hold. */
export type JsonLimits = {
  /** The most members of one object. */
  readonly entries: number
  /** The most elements of one list. */
  readonly elements: number
  /** The most objects, lists, members and elements in total. */
  readonly values: number
}

/** @throws ApiError UnknownOperationException unless the type is JSON 1.1 or its predecessor 1.0, which some documentation samples send */
export function requireJsonContentType(contentType: string | undefined): void {
  if (contentType === jsonContentType) return
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === jsonContentType || type === 'application/x-amz-json-1.0') return
  throw new ApiError('UnknownOperationException', 'The Content-Type must be application/x-amz-json-1.1.')
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The parsed body of a request.
 *
 * @throws ApiError SerializationException when it is not JSON in UTF-8, or nested too deeply
 * @throws ApiError InvalidParameterException when it holds more than `limits` allow
 */
export function parseBody(body: Buffer, limits: JsonLimits): unknown {
  if (body.length === 0) return {}
  let text: string
  try {
    text = strictUtf8.decode(body)
  } catch (cause) {
    throw new ApiError('SerializationException', 'The request body is not UTF-8.', { cause })
  }
  requireWithinLimits(text, limits)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiError('SerializationException', 'The request body is not valid JSON.', { cause })
  }
}

/** The most levels of nesting: far more than any request of the contract has, and far fewer than would exhaust the stack. */
const deepestNesting = 64

/**
 * How many commas the text has had so far, and may have, in the bracket that is open at each depth. Both arrays are allocated once: to
 * allocate them for each request would cost as much as to read a usual request.
 */
const commas = new Uint32Array(deepestNesting + 1)
// No limit at depth 0: `JSON.parse` rejects a comma outside of all brackets anyway.
const mostCommas = new Float64Array(deepestNesting + 1).fill(Number.POSITIVE_INFINITY)

/** Counts brackets and commas outside of strings, so that `JSON.parse` never gets a text that is expensive for its size. */
function requireWithinLimits(text: string, limits: JsonLimits): void {
  let depth = 0
  let values = 0
  const hasEscapes = text.includes('\\')
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = hasEscapes ? endOfString(text, at + 1) : endOfPlainString(text, at + 1)
        break
      case openBrace:
      case openBracket:
        if (++depth > deepestNesting) throw new ApiError('SerializationException', 'The request body is nested too deeply.')
        commas[depth] = 0
        mostCommas[depth] = (text.charCodeAt(at) === openBrace ? limits.entries : limits.elements) - 1
        if (++values > limits.values) throw tooManyValues(limits)
        break
      case closeBrace:
      case closeBracket:
        if (depth > 0) depth--
        break
      case comma:
        commas[depth] = (commas[depth] ?? 0) + 1
        if ((commas[depth] ?? 0) > (mostCommas[depth] ?? 0)) throw tooManyEntries(limits)
        if (++values > limits.values) throw tooManyValues(limits)
        break
    }
  }
}

/** For a text without a backslash. */
function endOfPlainString(text: string, start: number): number {
  const at = text.indexOf('"', start)
  return at < 0 ? text.length : at
}

function endOfString(text: string, start: number): number {
  let at = start
  for (; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === backslash) at++
    else if (character === quote) break
  }
  return at
}

function tooManyEntries({ entries, elements }: JsonLimits): ApiError {
  const lists = Number.isFinite(elements) ? `, and a list not more than ${elements} elements` : ''
  return new ApiError('InvalidParameterException', `A map must not have more than ${entries} entries${lists}.`)
}

function tooManyValues({ values }: JsonLimits): ApiError {
  return new ApiError('InvalidParameterException', `A request must not have more than ${values} values.`)
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
