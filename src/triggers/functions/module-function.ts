import { InvocationError, timedOut } from '../trigger-errors.ts'
import type { Invocation, TriggerFunction } from './function.ts'
import { type ModuleOptions, type ModuleThread, NotBegunError } from './module-thread.ts'
import { createModuleThreads, type ModuleThreads } from './module-threads.ts'

type Options = ModuleOptions & {
  /** How many invocations run at once, each in a thread of its own. */
  readonly concurrency: number
}

type Job = {
  readonly invocation: Invocation
  readonly signal: AbortSignal
  thread: ModuleThread | undefined
  /** Whether a thread has ended before it began with the invocation. */
  isSecondAttempt: boolean
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** Calls that wait for a thread; past it they are told that there are too many. */
const mostWaiting = 256

/**
 * A function in a module of this machine. Its threads start when they are needed and end when they are not; one whose invocation runs out
 * of time is ended on the spot, whatever it does, and the next invocation gets a fresh one. A thread that does not get ready fails the call
 * that has waited longest, so that nobody waits for ever.
 */
export function createModuleFunction(options: Options): TriggerFunction {
  const threads = createModuleThreads(options)
  const waiting: Job[] = []
  let closed = false

  function dispatch(): void {
    for (let job = waiting[0]; job !== undefined; job = waiting[0]) {
      const thread = threads.takeIdle()
      if (thread === undefined) break
      waiting.shift()
      void run(threads, thread, job, waiting).then(dispatch)
    }
    for (;;) {
      const { starting, all } = threads.counts()
      if (closed || starting >= waiting.length || all >= options.concurrency) return
      void start()
    }
  }

  async function start(): Promise<void> {
    const failure = await threads.start()
    const job = failure && waiting.shift()
    job?.reject(failure?.(job.invocation.id))
    dispatch()
  }

  function giveUp(job: Job): void {
    job.reject(job.signal.reason ?? timedOut())
    const place = waiting.indexOf(job)
    if (place >= 0) waiting.splice(place, 1)
    else if (job.thread !== undefined) threads.retire(job.thread)
    dispatch()
  }

  return {
    async invoke(invocation, signal) {
      if (closed) throw isClosed()
      if (waiting.length >= mostWaiting) throw new InvocationError('TooManyRequestsException')
      const answer = newJob(invocation, signal, giveUp, waiting)
      dispatch()
      return answer
    },

    async close() {
      closed = true
      for (const job of waiting.splice(0)) job.reject(isClosed())
      await threads.close()
    },
  }
}

/** An invocation that its thread did not begin goes to another thread, once. Then it goes before those that wait. */
async function run(threads: ModuleThreads, thread: ModuleThread, job: Job, waiting: Job[]): Promise<void> {
  job.thread = thread
  try {
    job.resolve(await thread.run(job.invocation))
  } catch (error) {
    if (error instanceof NotBegunError && !job.isSecondAttempt && !job.signal.aborted) {
      Object.assign(job, { thread: undefined, isSecondAttempt: true })
      waiting.unshift(job)
    } else job.reject(error instanceof NotBegunError ? error.failure : error)
  }
  threads.rest(thread)
}

/** Puts it behind those that wait. */
function newJob(invocation: Invocation, signal: AbortSignal, giveUp: (job: Job) => void, waiting: Job[]): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const job: Job = { invocation, signal, thread: undefined, isSecondAttempt: false, resolve, reject }
  const onAbort = () => giveUp(job)
  signal.addEventListener('abort', onAbort)
  waiting.push(job)
  return promise.finally(() => signal.removeEventListener('abort', onAbort))
}

const isClosed = () => new InvocationError('ServiceException', { retryable: false })
