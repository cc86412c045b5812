import { FunctionError } from '../trigger-errors.ts'

/** One call of a function. */
export type Invocation = {
  /** The same at a repetition, so that the function can notice one. */
  readonly id: string
  /** The whole ARN, with the version or alias if there is one. */
  readonly functionArn: string
  /** The event as JSON text. */
  readonly event: string
  /** When the answer comes too late, in epoch milliseconds of this machine. */
  readonly deadline: number
}

/** A pool's own code, wherever it runs. */
export type TriggerFunction = {
  /**
   * The JSON value that it answered with. Throws FunctionError when the function failed, InvocationError when it could not be asked or
   * the signal ended the attempt.
   */
  invoke(invocation: Invocation, signal: AbortSignal): Promise<unknown>
  close(): Promise<void>
}

/** The functions there are, by name. */
export type Functions = {
  /** The function, if the pool may use it; undefined when it does not exist or is reserved for other pools. */
  find(name: string, poolId: string): TriggerFunction | undefined
  close(): Promise<void>
}

/** The name in a function's ARN: `arn:aws:lambda:eu-central-1:123456789012:function:check-sign-up:live` is `check-sign-up`. */
export function functionNameOf(arn: string): string {
  return arn.split(':')[6] ?? arn
}

/** As Lambda allows for a synchronous call: 6 MB and a little. */
export const maxAnswerBytes = 6_291_556

/** In Lambda's words. */
export const tooLongAnswer = `Response payload size exceeded maximum allowed payload size (${maxAnswerBytes} bytes).`

/** Undefined for what is no JSON, which no reader of an answer takes. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const answerTooLong = () => new FunctionError(tooLongAnswer, { refuses: false, mayQuote: false })
