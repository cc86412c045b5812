import { minuteMs } from '../../base/durations.ts'
import { type ModuleOptions, type ModuleThread, startModuleThread, type ThreadFailure } from './module-thread.ts'

/** The threads of one function: all, those that are starting, and those that are idle. */
export type ModuleThreads = {
  /** An idle thread whose files have not changed. */
  takeIdle(): ModuleThread | undefined
  /** Starts a thread. Resolves with the failure that kept it from getting ready, or with undefined once it is idle. */
  start(): Promise<ThreadFailure | undefined>
  /** Makes a thread idle after its work. */
  release(thread: ModuleThread): void
  /** Ends a thread, whatever it is doing. */
  retire(thread: ModuleThread): void
  counts(): { readonly starting: number; readonly all: number }
  close(): Promise<void>
}

/** Lambda's time limit for loading a module. The call that the thread was started for may have a shorter limit. */
const startTimeoutMs = 10_000
const idleMs = 5 * minuteMs

export function createModuleThreads(options: ModuleOptions): ModuleThreads {
  const threads = new Set<ModuleThread>()
  const idle = new Map<ModuleThread, NodeJS.Timeout>()
  let starting = 0

  function retire(thread: ModuleThread): void {
    clearTimeout(idle.get(thread))
    idle.delete(thread)
    threads.delete(thread)
    thread.end()
  }

  function release(thread: ModuleThread): void {
    if (threads.has(thread)) idle.set(thread, setTimeout(() => retire(thread), idleMs).unref())
  }

  return {
    retire,
    release,
    counts: () => ({ starting, all: threads.size }),

    takeIdle() {
      for (const [thread, timer] of idle) {
        clearTimeout(timer)
        idle.delete(thread)
        if (thread.isUsable()) return thread
        retire(thread)
      }
      return undefined
    },

    async start() {
      const thread = startModuleThread(options)
      threads.add(thread)
      starting++
      void thread.ended.then(() => retire(thread))
      const failure = await readyInTime(thread)
      starting--
      if (failure === undefined) release(thread)
      else retire(thread)
      return failure
    },

    async close() {
      const ends = [...threads].map(({ ended }) => ended)
      threads.forEach(retire)
      await Promise.all(ends)
    },
  }
}

async function readyInTime(thread: ModuleThread): Promise<ThreadFailure | undefined> {
  const timer = setTimeout(thread.end, startTimeoutMs).unref()
  try {
    return await thread.ready
  } finally {
    clearTimeout(timer)
  }
}
