import { isServiceKey } from '../../access/condition-keys.ts'
import type { RequestKeys } from '../../access/policy-text.ts'
import { invalidParameter } from '../../contract/api-error.ts'

/** Condition keys that a service tells about a request. */
export type ToldKeys = Readonly<Record<string, readonly string[]>>

/** The keys of AWS that only the service can know. */
const toldNames = new Set(['aws:sourceip', 'aws:securetransport', 'aws:useragent', 'aws:requestedregion', 'aws:tagkeys'])

const isToldName = (name: string) => toldNames.has(name) || /^aws:requesttag\/./.test(name) || isServiceKey(name)

/** More values of one key cannot be compared. See the limits in access/policy-text.ts. */
const largestValues = 8192

/**
 * Reads the condition keys that a service tells. Keys that this server determines, such as those of the principal and of the time, are
 * refused: a service that passed them on from a client would let the client choose who the client is.
 * @throws ApiError InvalidParameterException when a key is not one that a service can tell, or is there twice
 */
export function readToldKeys(told: ToldKeys): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>()
  for (const [key, values] of Object.entries(told)) {
    const name = key.toLowerCase()
    if (!isToldName(name)) throw invalidParameter(`Context: a service cannot tell the condition key ${JSON.stringify(key)}.`)
    if (keys.has(name))
      throw invalidParameter(`Context: the condition key ${JSON.stringify(key)} is there twice; the case of keys does not count.`)
    if (values.reduce((sum, { length }) => sum + length + 1, 0) > largestValues) {
      throw invalidParameter(`Context: the values of ${JSON.stringify(key)} are longer than ${largestValues} characters.`)
    }
    if (values.length > 0) keys.set(name, values)
  }
  return keys
}

/** The condition keys of a decision. Those of the principal come first, so that a service cannot replace them. */
export function decisionKeys(told: ReadonlyMap<string, readonly string[]>, principal: RequestKeys, now: number): RequestKeys {
  return (name) => {
    if (name === 'aws:currenttime') return [new Date(now).toISOString()]
    if (name === 'aws:epochtime') return [String(Math.floor(now / 1000))]
    return principal(name) ?? told.get(name)
  }
}
