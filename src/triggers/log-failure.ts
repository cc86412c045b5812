import type { Clock } from '../base/clock.ts'
import { isObject } from '../base/is-object.ts'
import type { Logger } from '../base/logger.ts'
import { createWarningThrottle } from '../base/warning-throttle.ts'
import { createErrorMask, type ErrorMask } from './invocations/error-mask.ts'
import type { InvocationRecord } from './invocations/invocation.ts'
import { AnswerError, FunctionError, InvocationError } from './trigger-errors.ts'

/**
 * Logs one line for the author of the function: which trigger failed, and why. The line never holds an event or a secret from an event.
 * The first failure of a kind is a warning, and then one a minute, with their count. The others are at the level `info`: anyone who signs
 * up or in may cause them.
 */
export function createFailureLog(logger: Pick<Logger, 'info' | 'warn'>, clock: Clock): (failed: InvocationRecord, error: unknown) => void {
  const throttle = createWarningThrottle()
  return (failed, error) => {
    const { poolId, trigger, source, functionArn, attempts, outcome } = failed
    const reason = reasonOf(error, createErrorMask([failed.event, failed.answer], personalDataOf(failed.event)))
    const failures = throttle.countToReport([poolId, trigger, functionArn, outcome, kindOf(error)].join(' '), clock.now())
    const level = failures === undefined ? 'info' : 'warn'
    logger[level]({ poolId, trigger, source, functionArn, attempts, outcome, failures, ...reason }, 'A trigger failed.')
  }
}

/** The attributes that do not say who the user is. Cognito's aliases in events do: they are addresses and phone numbers. */
const impersonal = /^(sub|locale|zoneinfo|updated_at|.*_verified|cognito:(?!.*_alias$).*)$/

/** Shorter texts occur in other words too often. */
const shortestName = 4

/** The username and the attributes in the event. A function may quote them in its error; the log names no user. */
function personalDataOf(event: unknown): readonly string[] {
  if (!isObject(event)) return []
  const { userName, request } = event
  const attributes = isObject(request) && isObject(request['userAttributes']) ? Object.entries(request['userAttributes']) : []
  const personal = attributes.filter(([name]) => !impersonal.test(name)).map(([, value]) => value)
  return [userName, ...personal].filter((text) => typeof text === 'string').filter((text) => text.length >= shortestName)
}

/** The kind of a failure. The text of the function's error is no part of it, since that text may be another one each time. */
function kindOf(error: unknown): string {
  if (error instanceof InvocationError) return error.reason
  return error instanceof Error ? error.constructor.name : typeof error
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
