import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { ApiError, invalidParameter } from '../contract/api-error.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import { type TriggerPolicy, triggerPolicyOf } from '../pools/trigger-settings.ts'
import { AnswerReader } from './answer-reader.ts'
import { type CircuitBreakers, createCircuitBreakers } from './circuit-breakers.ts'
import { type Functions, functionNameOf } from './functions/function.ts'
import type { InvocationOutcome, InvocationRecord } from './invocations/invocation.ts'
import { draftInvocation, finished, type InvocationDraft } from './invocations/invocation-draft.ts'
import type { LastAnswers } from './invocations/last-answers.ts'
import { invokeFunction } from './invoke-function.ts'
import { logFailure } from './log-failure.ts'
import { isOneWay, withoutWords } from './one-way.ts'
import { createRecentDurations } from './recent-durations.ts'
import { hasTrigger, type JsonObject, type TriggerCall, type Triggers } from './trigger.ts'
import { AnswerError, FunctionError, InvocationError } from './trigger-errors.ts'
import { eventOf } from './trigger-event.ts'

type Options = {
  readonly functions: Functions
  readonly logger: Pick<Logger, 'warn'>
  readonly clock: Clock
  readonly lastAnswers: LastAnswers
  /** Hears of everything that was asked, when it has been answered. */
  readonly onInvocation: (invocation: InvocationRecord) => void
}

/** As much of a record as says what was asked. */
type Recorded = Pick<InvocationRecord, 'id' | 'trigger' | 'source' | 'username' | 'sub'>

/** Asks again what was recorded. */
export type Replays = {
  /** Asks the function that the pool has now, without its policy's repetitions; nothing but the record comes of it. */
  replay(pool: Pool, recorded: Recorded, event: JsonObject): Promise<InvocationRecord>
}

export function createTriggers({ functions, logger, clock, lastAnswers, onInvocation }: Options): Triggers & Replays {
  const breakers = createCircuitBreakers(clock)
  const durations = createRecentDurations()

  const invoke = (record: InvocationDraft, policy: TriggerPolicy, signal?: AbortSignal) =>
    invokeGuarded(functions, breakers, record, { ...policy, signal })

  function noted(invocation: InvocationRecord): InvocationRecord {
    onInvocation(invocation)
    durations.note(invocation.poolId, invocation.trigger, invocation.durationMs)
    return invocation
  }

  return {
    async ask(call, read) {
      const { pool, trigger, source, username, sub, signal } = call
      const target = pool.triggers.byName[trigger]
      if (target === undefined) return undefined
      const policy = triggerPolicyOf(trigger, extensionsOf(pool).triggers[trigger])
      const about = { trigger, source, username, sub, event: eventOf(call), replayOf: undefined }
      const record = draftInvocation(clock.now(), pool, target.arn, about)
      try {
        record.answer = await invoke(record, policy, signal)
        const answer = read(AnswerReader.ofEvent(record.answer))
        if (policy.onError === 'LAST_GOOD') lastAnswers.keep(call, record.answer)
        noted(finished(record, 'SUCCEEDED'))
        return answer
      } catch (error) {
        const { outcome, answer } = await fallBack(lastAnswers, { call, policy, error }, read)
        logFailure(logger, noted(finished(record, outcome, error)), error)
        if (outcome === 'FAILED') throw refusalOf(call, error)
        return answer
      }
    },

    async simulateInvocation(pool, trigger) {
      const milliseconds = hasTrigger(pool, trigger) ? durations.pick(pool.id, trigger) : 0
      if (milliseconds > 0) await setTimeout(milliseconds)
    },

    replay: (pool, recorded, event) => askAgain({ clock, invoke, noted }, pool, recorded, event),
  }
}

type Asking = {
  readonly clock: Clock
  invoke(record: InvocationDraft, policy: TriggerPolicy): Promise<unknown>
  noted(invocation: InvocationRecord): InvocationRecord
}

async function askAgain({ clock, invoke, noted }: Asking, pool: Pool, recorded: Recorded, event: JsonObject): Promise<InvocationRecord> {
  const { id: replayOf, trigger, source, username, sub } = recorded
  const target = pool.triggers.byName[trigger]
  if (target === undefined) throw invalidParameter(`The user pool has no ${trigger} trigger.`)
  const policy = { ...triggerPolicyOf(trigger, extensionsOf(pool).triggers[trigger]), retries: 0, circuitBreaker: undefined }
  const record = draftInvocation(clock.now(), pool, target.arn, { trigger, source, username, sub, event, replayOf })
  try {
    record.answer = await invoke(record, policy)
    AnswerReader.ofEvent(record.answer)
    return noted(finished(record, 'SUCCEEDED'))
  } catch (error) {
    return noted(finished(record, 'FAILED', error))
  }
}

type Terms = TriggerPolicy & { readonly signal: AbortSignal | undefined }

function invokeGuarded(functions: Functions, breakers: CircuitBreakers, record: InvocationDraft, terms: Terms): Promise<unknown> {
  const { id, poolId, functionArn } = record
  const question = { id, functionArn, poolId, event: JSON.stringify(record.event) }
  const onAttempt = () => void record.attempts++
  const work = () => invokeFunction(functions, question, terms, onAttempt)
  const answered = breakers.guard(`${poolId} ${functionNameOf(functionArn)}`, terms.circuitBreaker, work)
  return isOneWay(record.trigger) ? withoutWords(answered) : answered
}

type Read<Answer> = (response: AnswerReader) => Answer
type Failed = { readonly call: TriggerCall; readonly policy: TriggerPolicy; readonly error: unknown }

/** What the pool's policy makes of a call whose function did not answer, or no good. */
async function fallBack<Answer>(
  lastAnswers: LastAnswers,
  { call, policy, error }: Failed,
  read: Read<Answer>,
): Promise<{ readonly outcome: InvocationOutcome; readonly answer?: Answer }> {
  const isRefusal = error instanceof FunctionError && error.refuses
  if (policy.onError === 'CONTINUE' || (policy.onError === 'CONTINUE_UNLESS_REFUSED' && !isRefusal)) return { outcome: 'CONTINUED' }
  if (policy.onError !== 'LAST_GOOD') return { outcome: 'FAILED' }
  try {
    const response = await lastAnswers.find(call)
    return response === undefined ? { outcome: 'FAILED' } : { outcome: 'LAST_GOOD', answer: read(AnswerReader.ofEvent({ response })) }
  } catch {
    return { outcome: 'FAILED' }
  }
}

/** What the caller is told, in Cognito's words. */
function refusalOf({ trigger }: TriggerCall, error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof FunctionError) {
    return new ApiError('UserLambdaValidationException', `${trigger} failed with error ${error.message}.`)
  }
  if (error instanceof AnswerError) {
    return new ApiError('InvalidLambdaResponseException', error.told, { cause: error })
  }
  const reason = error instanceof InvocationError ? error.reason : 'ServiceException'
  return new ApiError('UnexpectedLambdaException', `${trigger} invocation failed due to error ${reason}.`, { cause: error })
}
