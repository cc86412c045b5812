import { setTimeout as delay } from 'node:timers/promises'
import type { TriggerPolicy } from '../pools/trigger-settings.ts'
import { type Functions, functionNameOf, type Invocation } from './functions/function.ts'
import { InvocationError, timedOut } from './trigger-errors.ts'

/** An invocation without a deadline, because each attempt gets a deadline of its own. `poolId` is the pool of the trigger. */
export type InvocationRequest = Omit<Invocation, 'deadline'> & { readonly poolId: string }

/** The delay before the second attempt. Each later attempt waits twice as long as the one before. */
const firstBackOffMs = 50

type Policy = Pick<TriggerPolicy, 'timeoutMs' | 'retries'> & { readonly signal?: AbortSignal | undefined }

/**
 * Invokes a function and resolves with its answer. An attempt that fails with a retryable InvocationError is repeated under the same
 * id, as often as the policy says, until the signal aborts. `onAttempt` is called before each attempt.
 * @throws FunctionError when the function failed.
 * @throws InvocationError when the function could not be invoked or did not answer.
 */
export async function invokeFunction(
  functions: Functions,
  request: InvocationRequest,
  { timeoutMs, retries, signal }: Policy,
  onAttempt: () => void,
): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    if (signal?.aborted) throw timedOut()
    onAttempt()
    try {
      return await attemptOnce(functions, request, timeoutMs, signal)
    } catch (error) {
      if (signal?.aborted) throw timedOut({ cause: error })
      if (attempt >= retries || !(error instanceof InvocationError) || !error.retryable) throw error
    }
    // Random, so that calls that failed together are not retried together.
    await delay(firstBackOffMs * 2 ** attempt * (0.5 + Math.random() / 2))
  }
}

async function attemptOnce(
  functions: Functions,
  request: InvocationRequest,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const name = functionNameOf(request.functionArn)
  const found = functions.find(name, request.poolId)
  if (found === undefined) throw unknownFunction(name, request.poolId)
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(timedOut()), timeoutMs)
  try {
    const ending = signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal])
    return await found.invoke({ ...request, deadline: Date.now() + timeoutMs }, ending)
  } finally {
    clearTimeout(timer)
  }
}

function unknownFunction(name: string, poolId: string): InvocationError {
  const detail = `There is no function "${name}" for pool ${poolId}: neither --functions-file has an entry for it that this pool may use nor --functions a module of that name.`
  return new InvocationError('ResourceNotFoundException', { retryable: false, detail })
}
