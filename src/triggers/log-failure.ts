import type { Logger } from '../base/logger.ts'
import type { InvocationRecord } from './invocations/invocation.ts'
import { AnswerError, FunctionError, InvocationError } from './trigger-errors.ts'

/** One line for the function's author: which trigger it was, and what is wrong where. Never an event. */
export function logFailure(logger: Pick<Logger, 'warn'>, failed: InvocationRecord, error: unknown): void {
  const { poolId, trigger, source, functionArn, attempts, outcome } = failed
  logger.warn({ poolId, trigger, source, functionArn, attempts, outcome, ...reasonOf(error) }, 'A trigger failed.')
}

/** The stack of this server says nothing about a fault in somebody else's code; that of the function does. */
function reasonOf(error: unknown): object {
  if (error instanceof AnswerError) return { path: error.path, expected: error.expected, found: error.found }
  if (error instanceof FunctionError) return { reason: error.message, ...(error.cause !== undefined && { err: error.cause }) }
  if (error instanceof InvocationError) {
    const { reason, detail, cause } = error
    return { reason, ...(detail !== undefined && { detail }), ...(cause !== undefined && { err: cause }) }
  }
  return { err: error }
}
