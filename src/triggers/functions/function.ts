import { FunctionError } from '../trigger-errors.ts'

/** One call of a function. */
export type Invocation = {
  /** The id of the invocation. It is the same in every retry, so that the function can recognize a retry. */
  readonly id: string
  /** The whole ARN, with the version or alias if it has one. */
  readonly functionArn: string
  /** The event as JSON text. */
  readonly event: string
  /** The time from which on the answer is too late, in epoch milliseconds of this machine. */
  readonly deadline: number
}

/** A trigger function, wherever it runs. */
export type TriggerFunction = {
  /**
   * Resolves with the JSON value that the function answered.
   * @throws FunctionError when the function failed.
   * @throws InvocationError when the function could not be invoked, or the signal ended the attempt.
   */
  invoke(invocation: Invocation, signal: AbortSignal): Promise<unknown>
  close(): Promise<void>
}

/** All functions, by name. */
export type Functions = {
  /** Undefined when the function does not exist or is reserved for other pools. */
  find(name: string, poolId: string): TriggerFunction | undefined
  close(): Promise<void>
}

/** The name in a function's ARN: `arn:aws:lambda:eu-central-1:123456789012:function:check-sign-up:live` is `check-sign-up`. */
export function functionNameOf(arn: string): string {
  return arn.split(':')[6] ?? arn
}

/** The most bytes of a function's answer: Lambda's limit for synchronous calls, a little more than 6 MB. */
export const maxAnswerBytes = 6_291_556

/** Lambda's error text for an answer with more bytes than `maxAnswerBytes`. */
export const tooLongAnswer = `Response payload size exceeded maximum allowed payload size (${maxAnswerBytes} bytes).`

/** The JSON value in the text that a function answered. Undefined when the text is not JSON; `AnswerReader` rejects such an answer. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const answerTooLong = () => new FunctionError(tooLongAnswer, { refuses: false, mayQuote: false })
