import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Crowd } from './sign-ins.ts'

export type FloodTask = {
  readonly url: string
  readonly crowd: Crowd
  readonly perSecond: number
  readonly seconds: number
  /** Open before the first sign-in, so that no sign-in waits for one. */
  readonly connections?: number
  /** Whether a connection on which a sign-in was turned away stays unused for the second that `Retry-After` asks for. */
  readonly patient?: boolean
}

/** Milliseconds that sign-ins waited for their tokens, or to be told to come back; and how many were neither, or not sent for want of a connection. */
export type FloodReply = {
  readonly accepted: readonly number[]
  readonly shed: readonly number[]
  readonly failed: number
  readonly unsent: number
  readonly seconds: number
}

/** Sign-ins at a rate that the server cannot keep up with, from a process of their own. */
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
