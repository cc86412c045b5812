import { randomUUID } from 'node:crypto'
import type { Logger } from '../base/logger.ts'
import { ApiError } from '../contract/api-error.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import { policyOf } from '../pools/extensions/trigger-policy.ts'
import type { TriggerTarget } from '../pools/pool.ts'
import { AnswerReader } from './answer-reader.ts'
import type { Functions } from './functions/function.ts'
import { functionNameOf } from './functions/function.ts'
import type { TriggerCall, Triggers } from './trigger.ts'
import { AnswerError, FunctionError, InvocationError, timedOut } from './trigger-errors.ts'
import { eventOf } from './trigger-event.ts'

type Options = { readonly functions: Functions; readonly logger: Pick<Logger, 'warn'> }

export function createTriggers({ functions, logger }: Options): Triggers {
  async function invoke(call: TriggerCall, { arn }: TriggerTarget, timeoutMs: number): Promise<unknown> {
    const found = functions.find(functionNameOf(arn))
    if (found === undefined) throw new InvocationError('ResourceNotFoundException', { retryable: false })
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(timedOut()), timeoutMs)
    try {
      const event = JSON.stringify(eventOf(call))
      return await found.invoke({ id: randomUUID(), functionArn: arn, event, deadline: Date.now() + timeoutMs }, controller.signal)
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async ask(call, read) {
      const target = call.pool.triggers.byName[call.trigger]
      if (target === undefined) return undefined
      const policy = policyOf(extensionsOf(call.pool).triggers[call.trigger])
      try {
        const answer = await invoke(call, target, policy.timeoutMs)
        return read(call.isOneWay ? new AnswerReader({}, 'response') : AnswerReader.ofEvent(answer))
      } catch (error) {
        const refusal = refusalOf(call, error)
        logger.warn(
          { ...reasonOf(call, error), poolId: call.pool.id, trigger: call.trigger, source: call.source, functionArn: target.arn },
          'A trigger failed.',
        )
        if (policy.onError === 'CONTINUE') return undefined
        throw refusal
      }
    },
  }
}

/** What the log may hold of an error. */
function reasonOf({ isOneWay }: TriggerCall, error: unknown): object {
  return isOneWay && error instanceof FunctionError ? { reason: error.name } : { err: error }
}

/** What the caller is told, in Cognito's words. */
function refusalOf({ trigger }: TriggerCall, error: unknown): ApiError {
  if (error instanceof FunctionError) {
    return new ApiError('UserLambdaValidationException', `${trigger} failed with error ${error.message}.`)
  }
  if (error instanceof AnswerError) {
    return new ApiError('InvalidLambdaResponseException', 'Unrecognizable lambda output', { cause: error })
  }
  const reason = error instanceof InvocationError ? error.reason : 'ServiceException'
  return new ApiError('UnexpectedLambdaException', `${trigger} invocation failed due to error ${reason}.`, { cause: error })
}
