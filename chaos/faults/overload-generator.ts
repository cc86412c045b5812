import { setTimeout as delay } from 'node:timers/promises'
import { HttpConnection } from '../../bench/http-connection.ts'
import { goodPassword } from '../../test/support/sign-in.ts'
import type { OverloadResult, OverloadTask } from './overload.ts'

/**
 * The most connections at a time. With more of them, the limits of this machine would be measured instead of those of the nodes. A sign-in that finds no free
 * connection is counted as not sent.
 */
const maxConnections = 4000
const answerDeadlineMs = 10_000
const tickMs = 5

/** The process that overload.ts starts: it receives tasks and sends results. */
process.on('message', async (task: OverloadTask) => process.send?.(await run(task)))

async function run(task: OverloadTask): Promise<OverloadResult> {
  const crowd = new Crowd(task)
  const start = performance.now()
  const end = start + task.seconds * 1000
  if ('concurrency' in task.pressure) {
    const lane = async () => {
      while (performance.now() < end) await crowd.signIn()
    }
    await Promise.all(Array.from({ length: task.pressure.concurrency }, lane))
  } else {
    let begun = 0
    while (performance.now() < end) {
      const due = ((performance.now() - start) / 1000) * task.pressure.perSecond
      for (; begun < due; begun++) void crowd.signIn()
      await delay(tickMs)
    }
  }
  return crowd.finish((performance.now() - start) / 1000)
}

class Crowd {
  readonly #task: OverloadTask
  readonly #idle = new Map<string, HttpConnection[]>()
  readonly #pending = new Set<Promise<void>>()
  readonly #accepted: number[] = []
  readonly #others: Record<string, number> = {}
  #turn = 0

  constructor(task: OverloadTask) {
    this.#task = task
  }

  async signIn(): Promise<void> {
    if (this.#pending.size >= maxConnections) return this.#count('not sent')
    const pending = this.#attempt().finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
    await pending
  }

  /**
   * Waits for the sign-ins in progress. Their waiting times count, but the rate counts only sign-ins that were accepted before this call.
   */
  async finish(seconds: number): Promise<OverloadResult> {
    const acceptedInTime = this.#accepted.length
    await Promise.all(this.#pending)
    for (const connection of [...this.#idle.values()].flat()) connection.close()
    return {
      acceptedPerSecond: acceptedInTime / seconds,
      accepted: this.#accepted.sort((left, right) => left - right),
      others: this.#others,
    }
  }

  async #attempt(): Promise<void> {
    const { urls, clientId, usernames } = this.#task
    const username = usernames[Math.floor(Math.random() * usernames.length)]
    const url = urls[this.#turn++ % urls.length] ?? ''
    const idle = this.#idle.get(url) ?? []
    this.#idle.set(url, idle)
    const connection = openOneOf(idle) ?? new HttpConnection(url)
    const AuthParameters = { USERNAME: username, PASSWORD: goodPassword }
    const start = performance.now()
    const timer = setTimeout(() => connection.close(), answerDeadlineMs)
    try {
      const { status } = await connection.call('InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
      if (status === 200) this.#accepted.push(performance.now() - start)
      else this.#count(String(status))
      idle.push(connection)
    } catch {
      this.#count(performance.now() - start >= answerDeadlineMs ? `no answer in ${answerDeadlineMs / 1000} s` : 'connection closed')
      connection.close()
    } finally {
      clearTimeout(timer)
    }
  }

  #count(kind: string): void {
    this.#others[kind] = (this.#others[kind] ?? 0) + 1
  }
}

/** Takes a connection that is still open. The server may have closed some of the idle connections. */
function openOneOf(idle: HttpConnection[]): HttpConnection | undefined {
  for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) if (connection.isOpen) return connection
  return undefined
}
