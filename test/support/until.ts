import { setTimeout as delay } from 'node:timers/promises'

/** How long a test waits for a condition or an answer. Even on a busy machine, neither takes nearly as long. */
const timeoutMs = 30_000

/** Repeats `read` until its result is the wanted one. */
export async function until<T>(what: string, read: () => Promise<T>, isWanted: (answer: T) => boolean = Boolean): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const answer = await read()
      if (isWanted(answer)) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}`, { cause: last })
    await delay(20)
  }
}
