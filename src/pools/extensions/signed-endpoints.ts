import { isLoopbackHost } from '../../loopback.ts'
import type { Settings } from '../../settings.ts'
import { regionOf } from '../pool.ts'
import type { FormerPool, MaySign } from './former-pool.ts'

/** AWS's own endpoints, and those that the operator names. `dev` also signs for a pool on this machine, which is the developer's own. */
export function signingRuleOf({ mode, formerPoolEndpoints }: Pick<Settings, 'mode' | 'formerPoolEndpoints'>): MaySign {
  const origins = new Set(formerPoolEndpoints?.split(',').flatMap((origin) => URL.parse(origin)?.origin ?? []))
  return (former) => {
    if (former.endpoint === undefined || isAwsEndpoint(former)) return true
    const url = URL.parse(former.endpoint)
    return url !== null && (origins.has(url.origin) || (mode === 'dev' && isLoopbackHost(url.hostname)))
  }
}

/** Whether the endpoint is one of AWS's for the region of the pool. */
export function isAwsEndpoint({ userPoolId, endpoint = '' }: Pick<FormerPool, 'userPoolId' | 'endpoint'>): boolean {
  const region = regionOf(userPoolId)
  const zones = ['amazonaws.com', 'amazonaws.com.cn', 'api.aws']
  const origins = zones.flatMap((zone) => [`https://cognito-idp.${region}.${zone}`, `https://cognito-idp-fips.${region}.${zone}`])
  return origins.includes(URL.parse(endpoint)?.origin ?? '')
}
