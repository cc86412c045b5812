import { EventEmitter } from 'node:events'
import type { Backend } from './backend.ts'
import { readNotification, requireChannel, writeNotification } from './notification.ts'
import { type ClientOptions, PostgresClient, type PostgresPool } from './postgres-client.ts'

/** Every channel of ours shares this one, so that a subscription needs no round trip and cannot miss what follows it. */
const postgresChannel = 'lifeguard'

/** How often the listening connection is asked for a sign of life: a network that has fallen silent looks like one with no news. */
const proofMs = 2000
const firstPauseMs = 50
const longestPauseMs = 500

export type Notifications = Pick<Backend, 'subscribe' | 'close'> & {
  publish(pool: PostgresPool, channel: string, payload: string): Promise<void>
}

/**
 * Listens on one connection of its own, opened anew when it breaks. What is published meanwhile is lost to this process; subscribers are told
 * that something may have been.
 */
export async function startListening(options: ClientOptions, onLoss: (error: unknown) => void): Promise<Notifications> {
  const heard = new EventEmitter().setMaxListeners(0)
  const gaps = new Set<() => void>()
  const listening = new ListeningConnection(options, {
    onMessage(message) {
      const { channel, payload } = readNotification(message)
      heard.emit(channel, payload)
    },
    onGap() {
      for (const onGap of gaps) onGap()
    },
    onLoss,
  })
  await listening.open()

  return {
    async publish(pool, channel, payload) {
      const message = writeNotification(channel, payload)
      const client = await pool.take()
      try {
        await client.run({ name: 'lifeguard_notify', text: 'select pg_notify($1, $2)', values: [postgresChannel, message] })
      } finally {
        client.release()
      }
    },
    subscribe(channel, listener, onGap = () => undefined) {
      requireChannel(channel)
      heard.on(channel, listener)
      gaps.add(onGap)
      return () => {
        heard.off(channel, listener)
        gaps.delete(onGap)
      }
    },
    close: () => listening.close(),
  }
}

type Hears = { onMessage(message: string): void; onGap(): void; onLoss(error: unknown): void }

class ListeningConnection {
  readonly #options: ClientOptions
  readonly #hears: Hears
  #client: PostgresClient | undefined
  #retry: NodeJS.Timeout | undefined
  #proof: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: ClientOptions, hears: Hears) {
    this.#options = options
    this.#hears = hears
  }

  /** Rejects when the first attempt fails; later ones are repeated. */
  async open(): Promise<void> {
    await this.#connect()
    // Its failure is the connection's, which has a listener of its own.
    this.#proof = setInterval(() => void this.#client?.run('select 1').catch(() => undefined), proofMs).unref()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    clearInterval(this.#proof)
    const last = this.#client
    this.#client = undefined
    await last?.end()
  }

  async #connect(): Promise<void> {
    const fresh = new PostgresClient(this.#options)
    fresh.on('notification', ({ payload }) => this.#hears.onMessage(payload ?? ''))
    fresh.on('error', (error) => this.#lost(fresh, error))
    fresh.on('end', () => this.#lost(fresh, undefined))
    try {
      await fresh.connect()
      await fresh.run(`listen ${postgresChannel}`)
    } catch (error) {
      void fresh.end().catch(() => undefined)
      throw error
    }
    if (this.#closed) await fresh.end()
    else this.#client = fresh
  }

  #lost(which: PostgresClient, error: unknown): void {
    if (which !== this.#client) return
    this.#client = undefined
    void which.end().catch(() => undefined)
    if (this.#closed) return
    this.#hears.onLoss(error)
    this.#reconnect(firstPauseMs)
  }

  #reconnect(pauseMs: number): void {
    this.#retry = setTimeout(() => {
      this.#connect().then(
        () => this.#hears.onGap(),
        () => {
          if (!this.#closed) this.#reconnect(Math.min(pauseMs * 2, longestPauseMs))
        },
      )
    }, pauseMs)
    this.#retry.unref()
  }
}
