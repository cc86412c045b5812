import { isLoopbackHost } from '../../loopback.ts'
import type { MaySign } from '../../pools/extensions/former-pool.ts'
import { signingRuleOf } from '../../pools/extensions/signed-endpoints.ts'
import type { Settings } from '../../settings.ts'
import { createFormerPools, type FormerPools, type FormerPoolsOptions } from './former-pools.ts'

type Options = Omit<FormerPoolsOptions, 'isPrivateAllowed' | 'maySignFormerCalls'> & {
  readonly settings: Pick<Settings, 'mode' | 'privateFormerPools' | 'formerPoolEndpoints'>
}

type Opened = { readonly formerPools: FormerPools; readonly maySignFormerCalls: MaySign }

/** What asks former pools. `dev` also asks a pool on this machine, which is the developer's own. */
export function openFormerPools({ settings, ...options }: Options): Opened {
  const { mode, privateFormerPools } = settings
  const origins = new Set(privateFormerPools?.split(',').flatMap((origin) => URL.parse(origin)?.origin ?? []))
  const isPrivateAllowed = ({ origin, hostname }: URL) => origins.has(origin) || (mode === 'dev' && isLoopbackHost(hostname))
  const maySignFormerCalls = signingRuleOf(settings)
  return { formerPools: createFormerPools({ ...options, isPrivateAllowed, maySignFormerCalls }), maySignFormerCalls }
}
