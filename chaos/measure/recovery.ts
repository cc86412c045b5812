import { setTimeout as delay } from 'node:timers/promises'
import type { Observations } from '../clients/observations.ts'
import type { Probe } from './probe.ts'

/**
 * Milliseconds from the end of the fault until every node had given a good answer (`everyNode`), and until the clients were nearly as fast
 * as before (`fullRate`, see `fullShare`). A member is undefined when its event did not happen before the deadline.
 */
export type Recovery = { readonly everyNode: number | undefined; readonly fullRate: number | undefined }

export type Watched = { readonly probe: Probe; readonly observations: Observations; readonly quietRate: number }

/** The clients count as recovered at this share of their usual rate. It is below 1, because the rate varies by chance in each second. */
const fullShare = 0.7
const windowMs = 1000
const stepMs = 100

/**
 * Waits until every node has given a good answer and the clients are nearly as fast as before the fault (see `fullShare`). Stops at the
 * deadline, or when the nodes can no longer recover.
 */
export async function awaitRecovery(watched: Watched, end: number, deadlineMs: number, mayRecover: () => boolean): Promise<Recovery> {
  for (;;) {
    const everyNode = watched.probe.firstGoodOnEveryNode(end)
    const fullRate = fullRateOf(watched, end)
    const isComplete = everyNode !== undefined && fullRate !== undefined
    if (isComplete || performance.now() > end + deadlineMs || !mayRecover()) return { everyNode, fullRate }
    await delay(stepMs)
  }
}

/** Milliseconds from `end` to the start of the first second in which good answers arrived at `fullShare` of the usual rate or faster. */
function fullRateOf({ observations, quietRate }: Watched, end: number): number | undefined {
  for (let start = end; start + windowMs <= performance.now(); start += stepMs) {
    const rate = (observations.goodBetween(start, start + windowMs) * 1000) / windowMs
    if (rate >= quietRate * fullShare) return start - end
  }
  return undefined
}
