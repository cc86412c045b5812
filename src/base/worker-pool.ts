import { Worker } from 'node:worker_threads'
import { createFairQueue, type FairQueue } from './fair-queue.ts'

/**
 * Threads that answer each message with one message, in order. An answer is bytes or an error text. The threads start when there is a job,
 * do not keep an idle process alive, and are replaced when they end.
 */
export type WorkerPool = {
  /**
   * Undefined when the queue is full. Rejects when the thread ends or answers with a text, or when the pool is closed. Groups take turns:
   * jobs of one group do not wait for all jobs of another. When the queue is full, a job of a group that has few waiting jobs displaces the
   * newest job of the group that has the most; the displaced job rejects with DisplacedError.
   */
  run(message: Uint8Array, group?: string): Promise<Uint8Array> | undefined
  /** The number of waiting jobs per thread. */
  backlog(): number
  /** The number of jobs that wait for a thread. */
  waiting(): number
  /** Ends the threads and rejects all unfinished jobs. */
  close(): Promise<void>
}

/** A waiting job had to make room for the job of another group. */
export class DisplacedError extends Error {
  override readonly name = 'DisplacedError'
}

type Job = { readonly message: Uint8Array; resolve(reply: Uint8Array): void; reject(error: Error): void }

type Slot = { readonly worker: Worker; readonly running: Job[] }

/** How many jobs a thread has at a time: one runs and one waits, so that the thread does not wait for the main thread between two jobs. */
const jobsPerWorker = 2

/**
 * @param options.entry the module that each thread runs
 * @param options.workers how many threads at most
 * @param options.queueLimit how many jobs may wait, in addition to those that were sent to a thread
 */
export function createWorkerPool(options: { entry: URL; workers: number; queueLimit: number }): WorkerPool {
  const slots: Slot[] = []
  const waiting = createFairQueue<Job>()
  let closed = false

  function addSlot(): Slot {
    const slot = startSlot(options.entry, dispatch, () => {
      slots.splice(slots.indexOf(slot), 1)
      dispatch()
    })
    slots.push(slot)
    return slot
  }

  /** Finds an idle thread, or starts one, or finds one with fewer than `jobsPerWorker` jobs. Undefined when all threads are full. */
  function findSlot(): Slot | undefined {
    const idle = slots.find((slot) => slot.running.length === 0)
    if (idle !== undefined) return idle
    if (slots.length < options.workers) return addSlot()
    return slots.find((slot) => slot.running.length < jobsPerWorker)
  }

  function dispatch(): void {
    while (waiting.length > 0 && !closed) {
      const slot = findSlot()
      const job = slot && waiting.shift()
      if (job === undefined) return
      if (slot?.running.push(job) === 1) slot.worker.ref()
      slot?.worker.postMessage(job.message)
    }
  }

  return {
    run(message, group = '') {
      if (closed) return Promise.reject(new Error('The worker pool is closed.'))
      if (waiting.length >= options.queueLimit && findSlot() === undefined && !displaceFor(waiting, group)) return undefined
      return new Promise((resolve, reject) => {
        waiting.push(group, { message, resolve, reject })
        dispatch()
      })
    },
    backlog: () => (waiting.length + slots.filter(({ running }) => running.length > 1).length) / options.workers,
    waiting: () => waiting.length,
    async close() {
      closed = true
      for (const job of waiting.clear()) job.reject(new Error('The worker pool was closed.'))
      await Promise.all(slots.map((slot) => slot.worker.terminate()))
    },
  }
}

/** Makes room for a job of the group. False when the group has to do without. */
function displaceFor(waiting: FairQueue<Job>, group: string): boolean {
  const displaced = waiting.takeFromLongest(group)
  displaced?.reject(new DisplacedError('The job had to make room for the job of another group.'))
  return displaced !== undefined
}

function startSlot(entry: URL, onReply: () => void, onEnd: () => void): Slot {
  // The thread does not get the environment and flags of this process. It needs neither the secrets nor the preloaded modules in them.
  const worker = new Worker(entry, { env: {}, execArgv: [] })
  const running: Job[] = []
  let cause: unknown
  worker.on('message', (reply: Uint8Array | string) => {
    const job = running.shift()
    if (typeof reply === 'string') job?.reject(new Error(reply))
    else job?.resolve(reply)
    onReply()
    if (running.length === 0) worker.unref()
  })
  worker.on('error', (error) => {
    cause = error
  })
  worker.on('exit', () => {
    for (const job of running) job.reject(new Error('The worker thread ended before its work was done.', { cause }))
    onEnd()
  })
  return { worker, running }
}
