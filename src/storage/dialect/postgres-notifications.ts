import { EventEmitter } from 'node:events'
import type { Backend } from './backend.ts'
import { everythingChanged, readNotification, requireChannel, writeNotification } from './notification.ts'
import { type ClientOptions, PostgresClient, type PostgresPool } from './postgres-client.ts'

/** All our channels share this channel of PostgreSQL. So a subscription needs no round trip and cannot miss what is published after it. */
const postgresChannel = 'lifeguard'

/** How often the listening connection is probed: a silent network looks the same as one without notifications. */
const probeIntervalMs = 2000
const firstRetryMs = 50
const longestRetryMs = 500

export type Notifications = Pick<Backend, 'subscribe' | 'close'> & {
  publish(pool: PostgresPool, channel: string, payload: string): Promise<void>
}

/**
 * Listens on a connection of its own, and reconnects when it breaks. This process misses what is published meanwhile, so `onGap` of every
 * subscriber is called after a reconnection.
 */
export async function startListening(options: ClientOptions, onLoss: (error: unknown) => void): Promise<Notifications> {
  const channels = new EventEmitter().setMaxListeners(0)
  const gaps = new Set<() => void>()
  const onGap = () => {
    for (const tell of gaps) tell()
  }
  channels.on(everythingChanged, onGap)
  const listening = new ListeningConnection(options, {
    onMessage(message) {
      const { channel, payload } = readNotification(message)
      channels.emit(channel, payload)
    },
    onGap,
    onLoss,
  })
  await listening.open()

  return {
    async publish(pool, channel, payload) {
      const message = writeNotification(channel, payload)
      const client = await pool.acquire()
      try {
        await client.run({ name: 'lifeguard_notify', text: 'select pg_notify($1, $2)', values: [postgresChannel, message] })
      } finally {
        client.release()
      }
    },
    subscribe(channel, listener, onGap = () => undefined) {
      requireChannel(channel)
      channels.on(channel, listener)
      gaps.add(onGap)
      return () => {
        channels.off(channel, listener)
        gaps.delete(onGap)
      }
    },
    close: () => listening.close(),
  }
}

type ListeningEvents = { onMessage(message: string): void; onGap(): void; onLoss(error: unknown): void }

class ListeningConnection {
  readonly #options: ClientOptions
  readonly #events: ListeningEvents
  #client: PostgresClient | undefined
  #retry: NodeJS.Timeout | undefined
  #probe: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: ClientOptions, events: ListeningEvents) {
    this.#options = options
    this.#events = events
  }

  /** Rejects when the first attempt to connect fails. Later attempts, after a lost connection, are repeated until one succeeds. */
  async open(): Promise<void> {
    await this.#connect()
    // A failure of the probe shows as an event of the connection, and `#lost` handles that event.
    this.#probe = setInterval(() => void this.#client?.run('select 1').catch(() => undefined), probeIntervalMs).unref()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    clearInterval(this.#probe)
    const last = this.#client
    this.#client = undefined
    await last?.end()
  }

  async #connect(): Promise<void> {
    const client = new PostgresClient(this.#options)
    client.on('notification', ({ payload }) => this.#events.onMessage(payload ?? ''))
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, undefined))
    try {
      await client.connect()
      await client.run(`listen ${postgresChannel}`)
    } catch (error) {
      void client.end().catch(() => undefined)
      throw error
    }
    if (this.#closed) await client.end()
    else this.#client = client
  }

  #lost(client: PostgresClient, error: unknown): void {
    if (client !== this.#client) return
    this.#client = undefined
    void client.end().catch(() => undefined)
    if (this.#closed) return
    this.#events.onLoss(error)
    this.#reconnect(firstRetryMs)
  }

  #reconnect(delayMs: number): void {
    this.#retry = setTimeout(() => {
      this.#connect().then(
        () => this.#events.onGap(),
        () => {
          if (!this.#closed) this.#reconnect(Math.min(delayMs * 2, longestRetryMs))
        },
      )
    }, delayMs)
    this.#retry.unref()
  }
}
