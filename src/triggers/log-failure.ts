import type { Logger } from '../base/logger.ts'
import { createErrorMask, type ErrorMask } from './invocations/error-mask.ts'
import type { InvocationRecord } from './invocations/invocation.ts'
import { AnswerError, FunctionError, InvocationError } from './trigger-errors.ts'

/** Logs one line for the author of the function: which trigger failed, and why. The line never holds an event or a secret from an event. */
export function logFailure(logger: Pick<Logger, 'warn'>, failed: InvocationRecord, error: unknown): void {
  const { poolId, trigger, source, functionArn, attempts, outcome } = failed
  const reason = reasonOf(error, createErrorMask(failed.event, failed.answer))
  logger.warn({ poolId, trigger, source, functionArn, attempts, outcome, ...reason }, 'A trigger failed.')
}

/** The stack of this server says nothing about a fault in the function, so only the function's own stack is logged. */
function reasonOf(error: unknown, mask: ErrorMask): object {
  if (error instanceof AnswerError) return { path: mask.text(error.path), expected: error.expected, found: mask.text(error.found) }
  if (error instanceof FunctionError)
    return { reason: mask.text(error.message), ...(error.cause !== undefined && { err: mask.error(error.cause) }) }
  if (error instanceof InvocationError) {
    const { reason, detail, cause } = error
    return {
      reason: mask.text(reason),
      ...(detail !== undefined && { detail: mask.text(detail) }),
      ...(cause !== undefined && { err: mask.error(cause) }),
    }
  }
  return { err: mask.error(error) }
}
