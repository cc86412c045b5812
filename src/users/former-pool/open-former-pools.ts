import type { MaySign } from '../../pools/extensions/former-pool.ts'
import { originRule, signingRuleOf } from '../../pools/extensions/signed-endpoints.ts'
import type { Settings } from '../../settings.ts'
import { createFormerPools, type FormerPools, type FormerPoolsOptions } from './former-pools.ts'

type Options = Omit<FormerPoolsOptions, 'isPrivateAllowed' | 'maySignFormerCalls'> & {
  readonly settings: Pick<Settings, 'mode' | 'privateFormerPools' | 'formerPoolEndpoints'>
}

type Opened = { readonly formerPools: FormerPools; readonly maySignFormerCalls: MaySign }

/** What asks former pools. */
export function openFormerPools({ settings, ...options }: Options): Opened {
  const isPrivateAllowed = originRule(settings.privateFormerPools, settings.mode)
  const maySignFormerCalls = signingRuleOf(settings)
  return { formerPools: createFormerPools({ ...options, isPrivateAllowed, maySignFormerCalls }), maySignFormerCalls }
}
