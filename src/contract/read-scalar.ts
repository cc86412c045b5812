import { brokenBound, isStorable, stringChecks, unstorableText } from './constraints.ts'
import type { Shape } from './model.ts'
import { type Violations, wrongType } from './violations.ts'

/**
 * Turns one JSON value into the value that a handler receives.
 * @throws ApiError SerializationException when the JSON type is wrong
 */
export type Reader = (value: unknown, path: string, violations: Violations) => unknown

export function stringReader(shape: Shape): Reader {
  const checks = stringChecks(shape)
  return (value, path, violations) => {
    if (typeof value !== 'string') throw wrongType(value, 'String')
    if (!isStorable(value)) violations.add(path, unstorableText, undefined)
    for (const check of checks) if (check.isBroken(value)) violations.add(path, check.text, shape.sensitive ? undefined : value)
    return value
  }
}

const largestInteger = 2 ** 31 - 1

/** An integer of 32 or 53 bits. A number above 2^53 has already lost digits in the JSON parser. */
export function integerReader(shape: Shape): Reader {
  const [wanted, largest] = shape.type === 'integer' ? (['Integer', largestInteger] as const) : (['Long', Number.MAX_SAFE_INTEGER] as const)
  return (value, path, violations) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > largest) throw wrongType(value, wanted)
    const broken = brokenBound('value', value, shape)
    if (broken !== undefined) violations.add(path, broken, String(value))
    return value + 0 // -0 becomes 0
  }
}

export const readDouble: Reader = (value) => {
  if (typeof value !== 'number') throw wrongType(value, 'Double')
  return value
}

export const readBoolean: Reader = (value) => {
  if (typeof value !== 'boolean') throw wrongType(value, 'Boolean')
  return value
}

const latestSeconds = 8.64e12

/** Epoch seconds, with or without a fraction. */
export const readTimestamp: Reader = (value) => {
  if (typeof value !== 'number' || !(Math.abs(value) <= latestSeconds)) throw wrongType(value, 'Date')
  return new Date(Math.round(value * 1000))
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

export function blobReader(shape: Shape): Reader {
  return (value, path, violations) => {
    if (typeof value !== 'string' || value.length % 4 !== 0 || !base64.test(value)) throw wrongType(value, 'ByteBuffer')
    const bytes = new Uint8Array(Buffer.from(value, 'base64'))
    const broken = brokenBound('length', bytes.length, shape)
    if (broken !== undefined) violations.add(path, broken, undefined)
    return bytes
  }
}
