import { InvocationError, timedOut } from '../trigger-errors.ts'
import type { Invocation, TriggerFunction } from './function.ts'
import { type ModuleOptions, type ModuleThread, NotBegunError } from './module-thread.ts'
import { createModuleThreads, type ModuleThreads } from './module-threads.ts'

type Options = ModuleOptions & {
  /** The most invocations that run at once, each in a thread of its own. */
  readonly concurrency: number
}

type Job = {
  readonly invocation: Invocation
  readonly signal: AbortSignal
  thread: ModuleThread | undefined
  /** Whether the job waits or runs for the second time. The first time, the thread ended before the function got the invocation. */
  isSecondAttempt: boolean
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** The most invocations that wait for a thread. Further invocations fail with TooManyRequestsException. */
const maxWaiting = 256

/**
 * A function in a module on this machine. Threads start when they are needed and end after some idle time. A thread whose invocation times
 * out is ended at once, and the next invocation gets a new thread. When a thread does not get ready, the invocation that waited longest
 * fails, so that no invocation waits forever.
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
    const index = waiting.indexOf(job)
    if (index >= 0) waiting.splice(index, 1)
    else if (job.thread !== undefined) threads.retire(job.thread)
    dispatch()
  }

  return {
    async invoke(invocation, signal) {
      if (closed) throw isClosed()
      if (waiting.length >= maxWaiting) throw new InvocationError('TooManyRequestsException')
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

/** Runs a job in the thread. If the thread ends before the job begins, the job goes to the front of the queue, but only once. */
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
  threads.release(thread)
}

/** Appends a job to the queue. Resolves with the function's answer. When `signal` aborts, `giveUp` is called with the job. */
function newJob(invocation: Invocation, signal: AbortSignal, giveUp: (job: Job) => void, waiting: Job[]): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const job: Job = { invocation, signal, thread: undefined, isSecondAttempt: false, resolve, reject }
  const onAbort = () => giveUp(job)
  signal.addEventListener('abort', onAbort)
  waiting.push(job)
  return promise.finally(() => signal.removeEventListener('abort', onAbort))
}

const isClosed = () => new InvocationError('ServiceException', { retryable: false })
