/** One request of a client. Times are milliseconds of `performance.now()`. */
export type Observation = {
  readonly node: number
  readonly action: string
  readonly startedAt: number
  readonly endedAt: number
  /** `ok`, or a short name for the failure. */
  readonly outcome: string
}

/** The requests of all clients during one fault. */
export class Observations {
  readonly #list: Observation[] = []

  add(observation: Observation): void {
    this.#list.push(observation)
  }

  /** Requests that began at or after `start`. */
  since(start: number): Observation[] {
    return this.#list.filter(({ startedAt }) => startedAt >= start)
  }

  /** How many requests got a good answer (outcome `ok`) from `start` on and before `end`. */
  goodBetween(start: number, end: number): number {
    return this.#list.filter(({ outcome, endedAt }) => outcome === 'ok' && endedAt >= start && endedAt < end).length
  }

  get count(): number {
    return this.#list.length
  }
}

type FailedCall = {
  readonly name?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

/** A short name for a failure: the status and error name of the answer, or the error of the socket. */
export function outcomeOf(error: unknown): string {
  const { name = 'Error', code, $metadata, $response } = error as FailedCall
  const retryAfter = $response?.headers?.['retry-after']
  const advice = retryAfter === undefined ? '' : ` (Retry-After: ${retryAfter})`
  if ($metadata?.httpStatusCode !== undefined) return `${$metadata.httpStatusCode} ${name}${advice}`
  // The SDK gives a reset connection the same name as a time-out: TimeoutError. `code` tells the two apart.
  return code === 'ETIMEDOUT' || code === undefined ? name : code
}
