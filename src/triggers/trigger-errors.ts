/** Cognito's words for an answer that is of the wrong shape. */
const unrecognizable = 'Unrecognizable lambda output'

/** Where an answer is wrong, for the log and the record. The caller only gets `told`. */
export class AnswerError extends Error {
  /** Such as `response.autoConfirmUser`. */
  readonly path: string
  readonly expected: string
  readonly found: string
  readonly told: string

  constructor(path: string, expected: string, found: string, told: string = unrecognizable) {
    super(`${path}: expected ${expected}, found ${found}`)
    this.name = 'AnswerError'
    this.path = path
    this.expected = expected
    this.found = found
    this.told = told
  }
}

type FunctionErrorOptions = { readonly refuses?: boolean; readonly mayQuote?: boolean; readonly cause?: unknown }

/** The function ran and said no: it threw, or called back with an error. The message is the function's own and goes to the caller. */
export class FunctionError extends Error {
  /** False when the function did not say so itself: it ended, could not be loaded, or its answer was too long. */
  readonly refuses: boolean
  /** Whether its words may repeat what the function was told: one that could not be loaded was told nothing. */
  readonly mayQuote: boolean

  constructor(message: string, { refuses = true, mayQuote = true, cause }: FunctionErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'FunctionError'
    this.refuses = refuses
    this.mayQuote = mayQuote
  }
}

/** The function could not be asked, or did not answer. `reason` goes to the caller: the name of an AWS exception, or Cognito's words. */
export class InvocationError extends Error {
  readonly reason: string
  /** Whether asking again might help. */
  readonly retryable: boolean
  /** What the operator should know, for the log only. */
  readonly detail: string | undefined

  constructor(reason: string, { retryable = true, detail, cause }: { retryable?: boolean; detail?: string; cause?: unknown } = {}) {
    super(reason, cause === undefined ? undefined : { cause })
    this.name = 'InvocationError'
    this.reason = reason
    this.retryable = retryable
    this.detail = detail
  }
}

/** (Unconfirmed text.) */
export const timedOut = (options: { cause?: unknown } = {}) => new InvocationError('Socket timeout while invoking Lambda function', options)
