import { setTimeout as delay } from 'node:timers/promises'
import type { TriggerPolicy } from '../pools/trigger-settings.ts'
import type { Functions } from './functions/function.ts'
import { functionNameOf } from './functions/function.ts'
import { InvocationError, timedOut } from './trigger-errors.ts'

/** One question to a function, however often it has to be put. */
export type Question = {
  readonly id: string
  readonly functionArn: string
  /** Whose trigger it is. */
  readonly poolId: string
  /** As JSON text. */
  readonly event: string
}

/** Before the first repetition; each later one waits twice as long. */
const firstBackOffMs = 50

type Terms = Pick<TriggerPolicy, 'timeoutMs' | 'retries'> & { readonly signal?: AbortSignal | undefined }

/**
 * What the function answered. Repeats what got no answer, as often as the policy says and under the same id, until the signal ends it all.
 * `onAttempt` hears of each attempt. Throws FunctionError and InvocationError.
 */
export async function invokeFunction(
  functions: Functions,
  question: Question,
  { timeoutMs, retries, signal }: Terms,
  onAttempt: () => void,
): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    if (signal?.aborted) throw timedOut()
    onAttempt()
    try {
      return await askOnce(functions, question, timeoutMs, signal)
    } catch (error) {
      if (signal?.aborted) throw timedOut({ cause: error })
      if (attempt >= retries || !(error instanceof InvocationError) || !error.retryable) throw error
    }
    // Spread, so that those who failed together do not come back together.
    await delay(firstBackOffMs * 2 ** attempt * (0.5 + Math.random() / 2))
  }
}

async function askOnce(functions: Functions, question: Question, timeoutMs: number, signal: AbortSignal | undefined): Promise<unknown> {
  const name = functionNameOf(question.functionArn)
  const found = functions.find(name, question.poolId)
  if (found === undefined) throw unknownFunction(name, question.poolId)
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(timedOut()), timeoutMs)
  try {
    const ending = signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal])
    return await found.invoke({ ...question, deadline: Date.now() + timeoutMs }, ending)
  } finally {
    clearTimeout(timer)
  }
}

function unknownFunction(name: string, poolId: string): InvocationError {
  const detail = `There is no function "${name}" for pool ${poolId}: neither --functions-file has an entry for it that this pool may use nor --functions a module of that name.`
  return new InvocationError('ResourceNotFoundException', { retryable: false, detail })
}
