import { definitionOf, getShape } from '../../contract/model.ts'
import type { Auth, OperationName } from '../../contract/operation.ts'
import type { TextLimits } from './request-text.ts'

/** How large the request of an operation may be, and how much may be in it. Known before its body is read. */
export type RequestLimits = TextLimits & { readonly bytes: number }

const kilobyte = 1024

/** Assets of a branding are up to 2 MB in base64 together; our own operations set up whole pools at once. */
const largestBytes = 4096 * kilobyte
const signedBytes = 1024 * kilobyte

/**
 * All attributes of a user at their longest, or one entry of a map at its longest, take more than the 144 kB that anything else has.
 * What strangers send is held on to for as long as functions of triggers think about it, and goes into what is recorded and queued.
 */
const unsignedWithMapsBytes = 512 * kilobyte
/** One text at its longest, 131,072 characters, and the rest of the request. */
const unsignedBytes = 144 * kilobyte

/** Cognito names no number for most maps and lists. No request has nearly as many entries; each costs far more time than its bytes. */
const entriesPerMap = 100
const elementsPerUnsignedList = 200
const valuesPerUnsignedRequest = 5_000

/** The limits of an operation. */
export function requestLimits(name: OperationName, auth: Auth): RequestLimits {
  const { service, input } = definitionOf(name)
  const shapes = Object.values(getShape(input).members ?? {})
  const types = new Set(shapes.map((shape) => getShape(shape).type))
  if (auth === 'iam') {
    const bytes = types.has('document') || service === 'lifeguard' ? largestBytes : signedBytes
    const entries = types.has('document') ? Number.POSITIVE_INFINITY : entriesPerMap
    return { bytes, entries, elements: Number.POSITIVE_INFINITY, values: Number.POSITIVE_INFINITY }
  }
  const bytes = types.has('map') || shapes.includes('AttributeListType') ? unsignedWithMapsBytes : unsignedBytes
  return { bytes, entries: entriesPerMap, elements: elementsPerUnsignedList, values: valuesPerUnsignedRequest }
}
