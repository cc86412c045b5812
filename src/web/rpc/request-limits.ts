import { definitionOf, getShape } from '../../contract/model.ts'
import type { Auth, OperationName } from '../../contract/operation.ts'
import type { JsonLimits } from './json-body.ts'

/** How many bytes and how many values the request of an operation may have. Known before the body is read. */
export type RequestLimits = JsonLimits & { readonly bytes: number }

const kilobyte = 1024

/** Enough for branding assets (up to 2 MB of base64 in total), and for our own operations, some of which configure a whole pool. */
const largestBytes = 4096 * kilobyte
const signedBytes = 1024 * kilobyte

/**
 * All attributes of a user at their longest, ten login tokens of identity pools, or one entry of a map at its longest, take more than the 144 kB that other requests get.
 * The limit stays low because any client may send such a request: it is held while trigger functions run, and copied into records and
 * queued messages.
 */
const unsignedWithMapsBytes = 512 * kilobyte
/** Enough for one text of the greatest length that an operation accepts, 131,072 characters, and the rest of the request. */
const unsignedBytes = 144 * kilobyte

/**
 * The most members of one object in a request. Cognito documents no limit for most maps and lists. Real requests have far fewer entries
 * than the limits here. The limits are needed because each entry costs more time than its bytes.
 */
const entriesPerMap = 100
/** Our own signed operations take more, such as an own text for each key of the hosted pages. */
const entriesPerOwnMap = 500
const elementsPerUnsignedList = 200
const valuesPerUnsignedRequest = 5_000

/** The limits of an unsigned request without maps. */
export const unsignedCallLimits: RequestLimits = {
  bytes: unsignedBytes,
  entries: entriesPerMap,
  elements: elementsPerUnsignedList,
  values: valuesPerUnsignedRequest,
}

/** The limits of an operation. */
export function requestLimits(name: OperationName, auth: Auth): RequestLimits {
  const { service, input } = definitionOf(name)
  const shapes = Object.values(getShape(input).members ?? {})
  const types = new Set(shapes.map((shape) => getShape(shape).type))
  if (auth === 'iam') {
    const bytes = types.has('document') || service === 'lifeguard' ? largestBytes : signedBytes
    const entries = types.has('document') ? Number.POSITIVE_INFINITY : service === 'lifeguard' ? entriesPerOwnMap : entriesPerMap
    return { bytes, entries, elements: Number.POSITIVE_INFINITY, values: Number.POSITIVE_INFINITY }
  }
  const hasMaps = types.has('map') || shapes.includes('AttributeListType')
  return hasMaps ? { ...unsignedCallLimits, bytes: unsignedWithMapsBytes } : unsignedCallLimits
}
