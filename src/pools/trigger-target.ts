import { triggerFunctionsOf } from './extensions/pool-extensions.ts'
import type { Pool } from './pool.ts'
import { type OwnTriggerName, ownTriggers, type TriggerName, type TriggerTarget } from './trigger-settings.ts'

/** The pool's function for the trigger, whether it is one of Cognito's triggers or of Lifeguard's own. */
export function triggerTargetOf(pool: Pick<Pool, 'triggers' | 'extensions'>, name: TriggerName): TriggerTarget | undefined {
  if (!isOwnTrigger(name)) return pool.triggers.byName[name]
  const arn = triggerFunctionsOf(pool)[name]
  return arn === undefined ? undefined : { arn, version: undefined }
}

const isOwnTrigger = (name: TriggerName): name is OwnTriggerName => (ownTriggers as readonly TriggerName[]).includes(name)
