import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { createWarningThrottle } from '../../base/warning-throttle.ts'
import { type BreachSource, BreachSourceError, type LookedUpPassword, lookedUp, type SourceKind } from './breach-source.ts'
import { SourcePausedError } from './breaker.ts'

/** `unknown`: a source did not answer, and no other source has the password. */
export type BreachResult = 'stolen' | 'not-stolen' | 'unknown'

/** How the lookup in one source ended. `paused`: the source was not asked, because it has failed too often. */
export type LookupOutcome = 'stolen' | 'not-stolen' | 'timeout' | 'failed' | 'paused'

/** Counts a lookup in one source. */
export type CountBreachLookup = (source: SourceKind, outcome: LookupOutcome) => void

export type BreachedPasswords = {
  /** Looks the password up in all sources, until one has it. It takes a second at most. */
  lookUp(password: string): Promise<BreachResult>
  close(): Promise<void>
}

/** How long a lookup takes at most, in all sources together. A sign-in waits for it. */
export const lookupMs = 1000

/** A lookup that ended early never asks the sources behind it: the outside service is asked last. */
const order: readonly SourceKind[] = ['embedded', 'file', 'range']

type Options = {
  readonly sources: readonly BreachSource[]
  readonly clock: Clock
  readonly logger: Pick<Logger, 'warn'>
  readonly countLookup: CountBreachLookup
}

export function createBreachedPasswords({ sources, clock, logger, countLookup }: Options): BreachedPasswords {
  const inOrder = sources.toSorted((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind))
  const throttle = createWarningThrottle()

  function warn({ kind }: BreachSource, error: unknown): void {
    const reason = error instanceof BreachSourceError ? error.message : 'an unexpected error'
    const times = throttle.countToReport(`${kind} ${reason}`, clock.now())
    if (times !== undefined) logger.warn({ source: kind, reason, times }, 'A source of stolen passwords does not answer')
  }

  async function ask(source: BreachSource, password: LookedUpPassword, deadline: Deadline): Promise<LookupOutcome> {
    if (deadline.signal.aborted) return 'timeout'
    try {
      const found = await Promise.race([source.has(password, deadline.signal), deadline.expired])
      if (found === 'timeout') warn(source, new BreachSourceError(`no answer within ${lookupMs} ms`))
      return found === 'timeout' ? found : found ? 'stolen' : 'not-stolen'
    } catch (error) {
      if (error instanceof SourcePausedError) return 'paused'
      warn(source, error)
      return 'failed'
    }
  }

  return {
    async lookUp(text) {
      const password = lookedUp(text)
      const deadline = startDeadline(lookupMs)
      let result: BreachResult = 'not-stolen'
      try {
        for (const source of inOrder) {
          const outcome = await ask(source, password, deadline)
          countLookup(source.kind, outcome)
          if (outcome === 'stolen') return 'stolen'
          if (outcome !== 'not-stolen') result = 'unknown'
        }
        return result
      } finally {
        deadline.end()
      }
    },
    async close() {
      await Promise.all(inOrder.map((source) => source.close()))
    },
  }
}

type Deadline = { readonly signal: AbortSignal; readonly expired: Promise<'timeout'>; end(): void }

function startDeadline(milliseconds: number): Deadline {
  const controller = new AbortController()
  const { promise: expired, resolve } = Promise.withResolvers<'timeout'>()
  const timer = setTimeout(() => {
    controller.abort()
    resolve('timeout')
  }, milliseconds)
  return { signal: controller.signal, expired, end: () => clearTimeout(timer) }
}
