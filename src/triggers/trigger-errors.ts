/** Where an answer is wrong, for the log and the record; the caller only learns that it is. */
export class AnswerError extends Error {
  /** Such as `response.autoConfirmUser`. */
  readonly path: string
  readonly expected: string
  readonly found: string

  constructor(path: string, expected: string, found: string) {
    super(`${path}: expected ${expected}, found ${found}`)
    this.name = 'AnswerError'
    this.path = path
    this.expected = expected
    this.found = found
  }
}

/** The function ran and said no: it threw, or called back with an error. The message is the function's own and goes to the caller. */
export class FunctionError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FunctionError'
  }
}

/** The function could not be asked, or did not answer. `reason` goes to the caller: the name of an AWS exception, or Cognito's words. */
export class InvocationError extends Error {
  readonly reason: string
  /** Whether asking again might help. */
  readonly retryable: boolean

  constructor(reason: string, { retryable = true, cause }: { retryable?: boolean; cause?: unknown } = {}) {
    super(reason, cause === undefined ? undefined : { cause })
    this.name = 'InvocationError'
    this.reason = reason
    this.retryable = retryable
  }
}

/** (Unconfirmed wording.) */
export const timedOut = () => new InvocationError('Socket timeout while invoking Lambda function')
