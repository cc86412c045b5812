import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Crowd, SignInKind } from './sign-ins.ts'

/** How hard to press: so many at any time (each connection signs in again as soon as it is in), or so many a second, come what may. */
export type Pressure = { readonly concurrency: number } | { readonly perSecond: number }

export type LoadTask = {
  readonly url: string
  readonly kind: SignInKind
  readonly crowd: Crowd
  readonly pressure: Pressure
  readonly seconds: number
}

export type LoadResult = {
  readonly signIns: number
  /** From the first sign-in's start to the last one's end. */
  readonly seconds: number
  /** Milliseconds that a sign-in waited for the server. */
  readonly median: number
  readonly p99: number
}

export type LoadReply = { readonly result: LoadResult } | { readonly error: string }

/** The load generator, in a process of its own so that its CPU time is not counted as the server's. */
export class LoadGenerator {
  readonly #child: ChildProcess = fork(new URL('./load-generator.ts', import.meta.url))

  async run(task: LoadTask): Promise<LoadResult> {
    this.#child.send(task)
    const [reply] = (await once(this.#child, 'message')) as [LoadReply]
    if ('error' in reply) throw new Error(`The load generator failed: ${reply.error}`)
    return reply.result
  }

  close(): void {
    this.#child.disconnect()
  }
}
