import { isLoopbackHost } from '../../loopback.ts'
import type { Settings } from '../../settings.ts'
import { regionOf } from '../pool.ts'
import type { FormerPool, MaySign } from './former-pool.ts'

/** The origins that the operator names, separated by commas. In `dev` also those of this machine, which is the developer's own. */
export function originRule(named: string | undefined, mode: Settings['mode']): (url: URL) => boolean {
  const origins = new Set(named?.split(',').flatMap((origin) => URL.parse(origin)?.origin ?? []))
  return ({ origin, hostname }) => origins.has(origin) || (mode === 'dev' && isLoopbackHost(hostname))
}

/** AWS's own endpoints, and those that the operator names. */
export function signingRuleOf({ mode, formerPoolEndpoints }: Pick<Settings, 'mode' | 'formerPoolEndpoints'>): MaySign {
  const isNamed = originRule(formerPoolEndpoints, mode)
  return (former) => {
    if (former.endpoint === undefined || isAwsEndpoint(former)) return true
    const url = URL.parse(former.endpoint)
    return url !== null && isNamed(url)
  }
}

/** Whether the endpoint is one of AWS's for the region of the pool. */
export function isAwsEndpoint({ userPoolId, endpoint = '' }: Pick<FormerPool, 'userPoolId' | 'endpoint'>): boolean {
  const region = regionOf(userPoolId)
  const zones = ['amazonaws.com', 'amazonaws.com.cn', 'api.aws']
  const origins = zones.flatMap((zone) => [`https://cognito-idp.${region}.${zone}`, `https://cognito-idp-fips.${region}.${zone}`])
  return origins.includes(URL.parse(endpoint)?.origin ?? '')
}
