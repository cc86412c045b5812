import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { ApiError, invalidParameter } from '../contract/api-error.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import { isCustomSender, type TriggerPolicy, triggerPolicyOf } from '../pools/trigger-settings.ts'
import { triggerTargetOf } from '../pools/trigger-target.ts'
import { AnswerReader } from './answer-reader.ts'
import type { CircuitBreakers } from './circuit-breakers.ts'
import { type Functions, functionNameOf } from './functions/function.ts'
import type { InvocationOutcome, InvocationRecord } from './invocations/invocation.ts'
import { draftInvocation, finishInvocation, type InvocationDraft } from './invocations/invocation-draft.ts'
import type { LastAnswers } from './invocations/last-answers.ts'
import { invokeFunction } from './invoke-function.ts'
import { createFailureLog } from './log-failure.ts'
import { createRecentDurations } from './recent-durations.ts'
import { hasTrigger, type JsonObject, type TriggerCall, type Triggers } from './trigger.ts'
import { AnswerError, FunctionError, InvocationError } from './trigger-errors.ts'
import { eventOf } from './trigger-event.ts'
import { withoutWords } from './without-words.ts'

type Options = {
  readonly functions: Functions
  readonly logger: Pick<Logger, 'info' | 'warn'>
  readonly clock: Clock
  readonly breakers: CircuitBreakers
  readonly lastAnswers: LastAnswers
  /** Called with the record of each invocation once it has ended. */
  readonly onInvocation: (invocation: InvocationRecord) => void
}

/** The part of a record that a replay repeats, apart from the event. */
type Replayed = Pick<InvocationRecord, 'id' | 'trigger' | 'source' | 'username' | 'sub'>

export type InvocationReplayer = {
  /**
   * Sends a recorded event to the trigger function that the pool has now, without the retries and the circuit breaker of its
   * policy. The only effect is another record.
   */
  replay(pool: Pool, recorded: Replayed, event: JsonObject): Promise<InvocationRecord>
}

export function createTriggers({ logger, clock, lastAnswers, ...options }: Options): Triggers & InvocationReplayer {
  const runner = createRunner(options)
  const logFailure = createFailureLog(logger, clock)

  return {
    async invoke(call, readResponse) {
      const { pool, trigger, source, username, sub, signal } = call
      const target = triggerTargetOf(pool, trigger)
      if (target === undefined) return undefined
      const policy = triggerPolicyOf(trigger, extensionsOf(pool).triggers[trigger])
      const details = { trigger, source, username, sub, event: eventOf(call), replayOf: undefined }
      const draft = draftInvocation(clock.now(), pool, target.arn, details)
      try {
        const response = readResponse(await runner.run(draft, { ...policy, signal }))
        if (policy.onError === 'LAST_GOOD') lastAnswers.save(call, draft.answer)
        runner.record(draft, 'SUCCEEDED')
        return response
      } catch (error) {
        const { outcome, response } = await applyErrorPolicy(lastAnswers, { call, policy, error }, readResponse)
        logFailure(runner.record(draft, outcome, error), error)
        if (outcome === 'FAILED') throw apiErrorOf(call, error)
        return response
      }
    },

    async simulateInvocation(pool, trigger) {
      const milliseconds = hasTrigger(pool, trigger) ? runner.pickDuration(pool.id, trigger) : 0
      if (milliseconds > 0) await setTimeout(milliseconds)
    },

    async replay(pool, recorded, event) {
      const { id: replayOf, trigger, source, username, sub } = recorded
      const target = triggerTargetOf(pool, trigger)
      if (target === undefined) throw invalidParameter(`The user pool has no ${trigger} trigger.`)
      const policy = triggerPolicyOf(trigger, extensionsOf(pool).triggers[trigger])
      const draft = draftInvocation(clock.now(), pool, target.arn, { trigger, source, username, sub, event, replayOf })
      try {
        await runner.run(draft, { ...policy, retries: 0, circuitBreaker: undefined, signal: undefined })
        return runner.record(draft, 'SUCCEEDED')
      } catch (error) {
        return runner.record(draft, 'FAILED', error)
      }
    },
  }
}

type Policy = TriggerPolicy & { readonly signal: AbortSignal | undefined }

/** Runs invocations, and records them once they have ended. */
function createRunner({ functions, breakers, onInvocation }: Pick<Options, 'functions' | 'breakers' | 'onInvocation'>) {
  const durations = createRecentDurations()
  return {
    /** Invokes the function, and resolves with a reader of its response. Keeps the answer in `draft`, so that `record` can record it. */
    async run(draft: InvocationDraft, policy: Policy): Promise<AnswerReader> {
      draft.answer = await invokeGuarded(functions, breakers, draft, policy)
      return AnswerReader.ofEvent(draft.answer)
    },

    record(draft: InvocationDraft, outcome: InvocationOutcome, error?: unknown): InvocationRecord {
      const invocation = finishInvocation(draft, outcome, error)
      onInvocation(invocation)
      durations.add(invocation.poolId, invocation.trigger, invocation.durationMs)
      return invocation
    },

    pickDuration: durations.pick,
  }
}

function invokeGuarded(functions: Functions, breakers: CircuitBreakers, draft: InvocationDraft, policy: Policy): Promise<unknown> {
  const { id, poolId, functionArn } = draft
  const request = { id, functionArn, poolId, event: JSON.stringify(draft.event) }
  const onAttempt = () => void draft.attempts++
  const work = () => invokeFunction(functions, request, policy, onAttempt)
  const answered = breakers.guard({ poolId, functionName: functionNameOf(functionArn) }, policy.circuitBreaker, work)
  return isCustomSender(draft.trigger) ? withoutWords(answered) : answered
}

type FailedCall = { readonly call: TriggerCall; readonly policy: TriggerPolicy; readonly error: unknown }

/** What the policy of the trigger makes of an invocation that failed: an error, no response, or the last good response. */
async function applyErrorPolicy<Response>(
  lastAnswers: LastAnswers,
  { call, policy, error }: FailedCall,
  readResponse: (response: AnswerReader) => Response,
): Promise<{ readonly outcome: InvocationOutcome; readonly response?: Response }> {
  const isRefusal = error instanceof FunctionError && error.refuses
  if (policy.onError === 'CONTINUE' || (policy.onError === 'CONTINUE_UNLESS_REFUSED' && !isRefusal)) return { outcome: 'CONTINUED' }
  if (policy.onError !== 'LAST_GOOD') return { outcome: 'FAILED' }
  try {
    const saved = await lastAnswers.find(call)
    if (saved === undefined) return { outcome: 'FAILED' }
    return { outcome: 'LAST_GOOD', response: readResponse(AnswerReader.ofEvent({ response: saved })) }
  } catch {
    return { outcome: 'FAILED' }
  }
}

/** The error that the caller of the API gets when a trigger function failed, with Cognito's text. */
function apiErrorOf({ trigger }: TriggerCall, error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof FunctionError) {
    return new ApiError('UserLambdaValidationException', `${trigger} failed with error ${error.message}.`)
  }
  if (error instanceof AnswerError) {
    return new ApiError('InvalidLambdaResponseException', error.publicMessage, { cause: error })
  }
  const reason = error instanceof InvocationError ? error.reason : 'ServiceException'
  return new ApiError('UnexpectedLambdaException', `${trigger} invocation failed due to error ${reason}.`, { cause: error })
}
