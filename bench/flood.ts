import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Crowd } from './sign-ins.ts'

export type FloodTask = {
  readonly url: string
  readonly crowd: Crowd
  readonly perSecond: number
  readonly seconds: number
  /** The number of connections. They are opened before the first sign-in, so that no sign-in waits for one. */
  readonly connections?: number
  /** Whether a connection stays unused for the second of `Retry-After` after a sign-in on it was rejected. */
  readonly patient?: boolean
}

/** Milliseconds that sign-ins waited for their tokens or for a rejection; and how many failed, or were not sent as no connection was free. */
export type FloodReply = {
  readonly accepted: readonly number[]
  readonly shed: readonly number[]
  readonly failed: number
  readonly unsent: number
  readonly seconds: number
}

/** Sends sign-ins from a separate process at a higher rate than the server can handle. */
export class Flood {
  readonly #child: ChildProcess = fork(new URL('./flood-generator.ts', import.meta.url))

  async run(task: FloodTask): Promise<FloodReply> {
    this.#child.send(task)
    const [reply] = (await once(this.#child, 'message')) as [FloodReply]
    return reply
  }

  close(): void {
    this.#child.disconnect()
  }
}
