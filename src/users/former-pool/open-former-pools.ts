import { isLoopbackHost } from '../../loopback.ts'
import type { Settings } from '../../settings.ts'
import { createFormerPools, type FormerPools, type FormerPoolsOptions } from './former-pools.ts'

type Options = Omit<FormerPoolsOptions, 'isPrivateAllowed'> & { readonly settings: Pick<Settings, 'mode' | 'privateFormerPools'> }

/** What asks former pools. `dev` also asks a pool on this machine, which is the developer's own. */
export function openFormerPools({ settings: { mode, privateFormerPools }, ...options }: Options): { readonly formerPools: FormerPools } {
  const origins = new Set(privateFormerPools?.split(',').flatMap((origin) => URL.parse(origin)?.origin ?? []))
  const isPrivateAllowed = ({ origin, hostname }: URL) => origins.has(origin) || (mode === 'dev' && isLoopbackHost(hostname))
  return { formerPools: createFormerPools({ ...options, isPrivateAllowed }) }
}
