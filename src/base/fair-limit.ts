import { createFairQueue } from './fair-queue.ts'

/** Limits how much work of groups runs at once. Work beyond the limits waits, and the groups take turns. */
export type FairLimit = {
  /** @throws NoTurnError when too much work waits, or the work had to wait too long */
  run<T>(group: string, work: () => Promise<T>): Promise<T>
}

/** The work was not begun. */
export class NoTurnError extends Error {
  override readonly name = 'NoTurnError'
}

export type FairLimitOptions = {
  /** How much may run at once, of all groups and of each one. */
  readonly atOnce: { readonly all: number; readonly perGroup: number }
  /** How much may wait. A group that has few waiting displaces the newest of the group that has the most. */
  readonly waiting: number
  readonly longestWaitMs: number
}

type Turn = { begin(): void; refuse(): void }

export function createFairLimit({ atOnce, waiting, longestWaitMs }: FairLimitOptions): FairLimit {
  const queue = createFairQueue<Turn>()
  const running = countRunning(atOnce)

  /** Waits for the turn of the group, and enters. */
  async function waitForTurn(group: string): Promise<void> {
    if (queue.length >= waiting) {
      const displaced = queue.takeFromLongest(group)
      if (displaced === undefined) throw new NoTurnError('Too much work waits.')
      displaced.refuse()
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const turn: Turn = {
      begin() {
        running.enter(group)
        resolve()
      },
      refuse: () => reject(new NoTurnError('The work had to make room for another group.')),
    }
    queue.push(group, turn)
    const timer = setTimeout(() => {
      queue.remove(group, turn)
      reject(new NoTurnError(`No turn came within ${longestWaitMs} ms.`))
    }, longestWaitMs)
    await promise.finally(() => clearTimeout(timer))
  }

  return {
    async run(group, work) {
      if (running.hasRoom(group)) running.enter(group)
      else await waitForTurn(group)
      try {
        return await work()
      } finally {
        running.leave(group)
        queue.shift(running.hasRoom)?.begin()
      }
    },
  }
}

function countRunning(atOnce: FairLimitOptions['atOnce']) {
  const counts = new Map<string, number>()
  let all = 0
  return {
    hasRoom: (group: string) => all < atOnce.all && (counts.get(group) ?? 0) < atOnce.perGroup,
    enter(group: string): void {
      all++
      counts.set(group, (counts.get(group) ?? 0) + 1)
    },
    leave(group: string): void {
      const rest = (counts.get(group) ?? 0) - 1
      all--
      if (rest > 0) counts.set(group, rest)
      else counts.delete(group)
    },
  }
}
