import type { Logger } from './base/logger.ts'
import type { Listener } from './web/listener.ts'

/** Parts that are closed at the same time, by the names that the log uses for them. An undefined part is not in use. */
export type ClosingStep = Readonly<Record<string, { close(): unknown } | undefined>>

type Shutdown = {
  readonly logger: Logger
  /** The signal that stops the server, if there is one. */
  readonly signal: string | undefined
  readonly listener: Pick<Listener, 'inFlight' | 'drain'>
  /** How long the requests in flight may take, in milliseconds. */
  readonly graceMs: number
  /** What is closed after the requests have ended, one step after the other. */
  readonly steps: readonly ClosingStep[]
}

/**
 * How long all steps together may take, in milliseconds. The longest regular wait is the outbox's for its running deliveries: five seconds,
 * and then the time to store their results.
 */
const closingMs = 12_000

/** How long a step may take after an earlier step has used up that time, in milliseconds. */
const lateStepMs = 500

/**
 * Ends the requests, and then closes all parts of the server. Logs when that begins and ends, and each part that cannot be closed.
 * @throws Error when a part failed to close, or did not close in time. All other parts are closed.
 */
export async function shutDown({ logger, signal, listener, graceMs, steps }: Shutdown): Promise<void> {
  const start = performance.now()
  logger.info({ signal, requests: listener.inFlight() }, 'Shutdown began')
  const cutOff = await listener.drain(graceMs)
  const until = performance.now() + closingMs
  const unclosed: string[] = []
  for (const step of steps) {
    const ms = Math.max(until - performance.now(), lateStepMs)
    await Promise.all(
      Object.entries(step).map(async ([part, closable]) => {
        const failure = await failureOf(async () => closable?.close(), ms)
        if (failure === undefined) return
        unclosed.push(part)
        logger.error({ part, err: failure }, 'A part of the server did not close')
      }),
    )
  }
  logger.info({ signal, cutOff, ms: Math.round(performance.now() - start) }, 'Shutdown finished')
  if (unclosed.length > 0) throw new Error(`Parts of the server did not close: ${unclosed.join(', ')}.`)
}

/**
 * The error of `work`, or an error when `work` takes longer than `ms`. Undefined when `work` succeeds. The timer also keeps the process
 * alive: Node would end it if all else that `work` waits for does not.
 */
async function failureOf(work: () => Promise<unknown>, ms: number): Promise<unknown> {
  const timeout = Promise.withResolvers<Error>()
  const timer = setTimeout(() => timeout.resolve(new Error(`It took longer than ${Math.round(ms)} ms.`)), ms)
  const working = work().then(
    () => undefined,
    (error) => error ?? new Error('unknown failure'),
  )
  try {
    return await Promise.race([working, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
