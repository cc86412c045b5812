import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Crowd, SignInKind } from './sign-ins.ts'

/** Either the number of sign-ins in progress at any time, or the number that begin each second regardless of earlier ones. */
export type Pressure = { readonly concurrency: number } | { readonly perSecond: number }

export type LoadTask = {
  readonly url: string
  readonly kind: SignInKind
  readonly crowd: Crowd
  readonly pressure: Pressure
  readonly seconds: number
}

export type LoadSlice = {
  /** From the start of the first sign-in to the end of the last one. */
  readonly seconds: number
  /** Milliseconds that each sign-in waited for the server. */
  readonly latencies: readonly number[]
}

export type LoadResult = { readonly signIns: number; readonly seconds: number; readonly median: number; readonly p99: number }

export function joinLoads(slices: readonly LoadSlice[]): LoadResult {
  const latencies = slices.flatMap((slice) => slice.latencies).sort((left, right) => left - right)
  const seconds = slices.reduce((sum, slice) => sum + slice.seconds, 0)
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN
  return { signIns: latencies.length, seconds, median: at(0.5), p99: at(0.99) }
}

export type LoadReply = { readonly result: LoadSlice } | { readonly error: string }

/** The load generator. It is a separate process, so that its processor time is not counted as the server's. */
export class LoadGenerator {
  readonly #child: ChildProcess = fork(new URL('./load-generator.ts', import.meta.url))

  async run(task: LoadTask): Promise<LoadSlice> {
    this.#child.send(task)
    const [reply] = (await once(this.#child, 'message')) as [LoadReply]
    if ('error' in reply) throw new Error(`The load generator failed: ${reply.error}`)
    return reply.result
  }

  close(): void {
    this.#child.disconnect()
  }
}
