/** Cognito's text for an answer of the wrong shape. */
const unrecognizable = 'Unrecognizable lambda output'

/**
 * The answer of a trigger function is wrong. The log and the invocation's record say which member is wrong, and why. The caller of the API
 * only gets `publicMessage`.
 */
export class AnswerError extends Error {
  /** The wrong member, such as `response.autoConfirmUser`. */
  readonly path: string
  readonly expected: string
  readonly found: string
  readonly publicMessage: string

  constructor(path: string, expected: string, found: string, publicMessage: string = unrecognizable) {
    super(`${path}: expected ${expected}, found ${found}`)
    this.name = 'AnswerError'
    this.path = path
    this.expected = expected
    this.found = found
    this.publicMessage = publicMessage
  }
}

type FunctionErrorOptions = { readonly refuses?: boolean; readonly mayQuote?: boolean; readonly cause?: unknown }

/** The function failed: it reported an error, ended early, could not be loaded, or answered too much. The message goes to the caller. */
export class FunctionError extends Error {
  /**
   * Whether the function itself reported the error, by which it refuses the request. False when the function ended early, could not be
   * loaded, or answered too much.
   */
  readonly refuses: boolean
  /**
   * Whether the message may quote the event. False for a text that this server wrote, and for a function that could not be loaded: such a
   * function never got an event.
   */
  readonly mayQuote: boolean

  constructor(message: string, { refuses = true, mayQuote = true, cause }: FunctionErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'FunctionError'
    this.refuses = refuses
    this.mayQuote = mayQuote
  }
}

/**
 * The function could not be invoked, or did not answer. `reason` goes to the caller: the name of an AWS exception, or Cognito's text.
 */
export class InvocationError extends Error {
  readonly reason: string
  /** Whether another attempt might succeed. */
  readonly retryable: boolean
  /** What the operator should know; for the log only. */
  readonly detail: string | undefined

  constructor(reason: string, { retryable = true, detail, cause }: { retryable?: boolean; detail?: string; cause?: unknown } = {}) {
    super(reason, cause === undefined ? undefined : { cause })
    this.name = 'InvocationError'
    this.reason = reason
    this.retryable = retryable
    this.detail = detail
  }
}

/** The error for a function that did not answer in time. (Unconfirmed: the text that Cognito has for it.) */
export const timedOut = (options: { cause?: unknown } = {}) => new InvocationError('Socket timeout while invoking Lambda function', options)
