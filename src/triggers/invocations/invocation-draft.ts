import { newOrderedId } from '../../base/ordered-id.ts'
import type { Pool } from '../../pools/pool.ts'
import { AnswerError, FunctionError, InvocationError } from '../trigger-errors.ts'
import { createErrorMask, type ErrorMask } from './error-mask.ts'
import type { InvocationFailure, InvocationOutcome, InvocationRecord } from './invocation.ts'

/** The record of an invocation that has not ended. */
export type InvocationDraft = Omit<InvocationRecord, 'outcome' | 'durationMs' | 'error' | 'attempts' | 'answer'> & {
  /** The start of the invocation, by `performance.now()`. */
  readonly begun: number
  attempts: number
  answer: unknown
}

type Details = Pick<InvocationRecord, 'trigger' | 'source' | 'username' | 'sub' | 'replayOf' | 'event'>

export function draftInvocation(startedAt: number, { id: poolId }: Pool, functionArn: string, details: Details): InvocationDraft {
  return {
    ...details,
    id: newOrderedId(startedAt),
    poolId,
    functionArn,
    startedAt,
    begun: performance.now(),
    attempts: 0,
    answer: undefined,
  }
}

export function finishInvocation({ begun, ...draft }: InvocationDraft, outcome: InvocationOutcome, error?: unknown): InvocationRecord {
  return {
    ...draft,
    outcome,
    durationMs: performance.now() - begun,
    error: error === undefined ? undefined : failureOf(error, createErrorMask([draft.event, draft.answer])),
  }
}

function failureOf(error: unknown, { text }: ErrorMask): InvocationFailure {
  if (error instanceof AnswerError) {
    return { kind: 'ANSWER', message: text(error.message), path: text(error.path), expected: error.expected, found: text(error.found) }
  }
  if (error instanceof FunctionError) return { kind: 'FUNCTION', message: text(error.message) }
  if (error instanceof InvocationError) return { kind: 'INVOCATION', message: text(error.reason) }
  return { kind: 'INTERNAL', message: error instanceof Error ? text(error.message) : typeof error }
}
