import type { RequestKeys } from '../../access/policy-text.ts'
import { invalidParameter } from '../../contract/api-error.ts'

/** Keys that say who the caller is. Only this server knows them. */
const ownKeys = /^(?:aws:(?:principal|userid$|tokenissuetime$|federatedprovider$)|cognito-identity\.amazonaws\.com:|cognito-idp\.|sts:)/

/**
 * The condition keys that a service gives with a request, such as `s3:prefix` or `aws:SourceIp`. Those of the principal come first, and the
 * time is this server's unless the service gives it.
 * @throws ApiError InvalidParameterException when a key would say who the caller is, or is given twice
 */
export function readContext(
  context: Readonly<Record<string, readonly string[]>>,
  now: number,
): (principalKeys: RequestKeys) => RequestKeys {
  const given = new Map<string, readonly string[]>()
  for (const [key, values] of Object.entries(context)) {
    const name = key.toLowerCase()
    if (ownKeys.test(name)) throw invalidParameter(`Context: ${key} says who the caller is, which this server finds out itself.`)
    if (given.has(name)) throw invalidParameter(`Context: ${key} is given twice, because the case of condition keys does not count.`)
    given.set(name, values)
  }
  const timeKeys: RequestKeys = (name) => {
    if (name === 'aws:currenttime') return [new Date(now).toISOString()]
    return name === 'aws:epochtime' ? [String(Math.floor(now / 1000))] : undefined
  }
  return (principalKeys) => (name) => principalKeys(name) ?? given.get(name) ?? timeKeys(name)
}
