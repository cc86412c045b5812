import { ApiError } from '../../contract/api-error.ts'
import { tooLarge } from './request-body.ts'
import { jsonContentType } from './rpc-error.ts'

/** Far deeper than any request of the contract, and far less than would exhaust the stack. */
const deepestNesting = 64

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * More than a user with all attributes at their longest comes to. What strangers send is held on to for as long as functions of triggers
 * think about it, and goes into what is recorded and queued.
 */
const mostUnsignedBytes = 512 * 1024

/** Throws RequestEntityTooLargeException for a body that would be too large if nobody had signed it. */
export function requireUnsignedSize(body: Buffer): void {
  if (body.length > mostUnsignedBytes) throw tooLarge(mostUnsignedBytes)
}

/** The parsed body. Throws SerializationException when it is not JSON in UTF-8, or nested beyond reason. */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {}
  let text: string
  try {
    text = strictUtf8.decode(body)
  } catch (cause) {
    throw new ApiError('SerializationException', 'The request body is not UTF-8.', { cause })
  }
  if (isDeeperThan(text, deepestNesting)) throw new ApiError('SerializationException', 'The request body is nested too deeply.')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiError('SerializationException', 'The request body is not valid JSON.', { cause })
  }
}

/** Counts brackets outside strings; cheap enough for every request, and JSON.parse never sees a depth bomb. */
function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (inString) {
      if (character === backslash) at++
      else if (character === quote) inString = false
    } else if (character === quote) inString = true
    else if (character === openBrace || character === openBracket) {
      if (++depth > limit) return true
    } else if (character === closeBrace || character === closeBracket) depth--
  }
  return false
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** JSON 1.1 and its forerunner 1.0, which some documentation samples send. */
export function requireJsonContentType(contentType: string | undefined): void {
  if (contentType === jsonContentType) return
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === jsonContentType || type === 'application/x-amz-json-1.0') return
  throw wrongContentType()
}

function wrongContentType(): ApiError {
  return new ApiError('UnknownOperationException', 'The Content-Type must be application/x-amz-json-1.1.')
}
