import { minuteMs } from '../../base/durations.ts'
import { type ModuleOptions, type ModuleThread, startModuleThread, type ThreadFailure } from './module-thread.ts'

/** The threads of one function: which there are, which get ready and which have nothing to do. */
export type ModuleThreads = {
  /** One that waits for work and would run what lies on the disk now. */
  takeIdle(): ModuleThread | undefined
  /** Starts one. Resolves with what kept it from getting ready, or with nothing once it can be taken. */
  start(): Promise<ThreadFailure | undefined>
  /** To be called when its work is done. */
  rest(thread: ModuleThread): void
  /** Ends it, whatever it does. */
  retire(thread: ModuleThread): void
  counts(): { readonly starting: number; readonly all: number }
  close(): Promise<void>
}

/** As long as Lambda gives a module for getting ready. It may outlast the call that it was started for. */
const readyWithinMs = 10_000
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

  function rest(thread: ModuleThread): void {
    if (threads.has(thread)) idle.set(thread, setTimeout(() => retire(thread), idleMs).unref())
  }

  return {
    retire,
    rest,
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
      if (failure === undefined) rest(thread)
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
  const timer = setTimeout(thread.end, readyWithinMs).unref()
  try {
    return await thread.ready
  } finally {
    clearTimeout(timer)
  }
}
