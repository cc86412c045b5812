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
  /** Whether a connection stays unused for one second, as `Retry-After` asks, after a sign-in on it was rejected. */
  readonly patient?: boolean
}

/** The result of one task. */
export type FloodReply = {
  /** Milliseconds that each accepted sign-in waited for its tokens. */
  readonly accepted: readonly number[]
  /** Milliseconds that each rejected sign-in waited for its rejection. */
  readonly shed: readonly number[]
  readonly failed: number
  /** The number of sign-ins that were not sent, because no connection was free. */
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
