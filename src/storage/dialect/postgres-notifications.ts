import { EventEmitter } from 'node:events'
import type pg from 'pg'
import type { Listener, StorageLogger } from './backend.ts'
import { readNotification, requireChannel, writeNotification } from './notification.ts'

/** Every channel of ours shares this one, so that a subscription needs no round trip and cannot miss what follows it. */
const postgresChannel = 'lifeguard'

export type Notifications = {
  publish(pool: pg.Pool, channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: Listener): () => void
  close(): Promise<void>
}

/**
 * Listens on one connection of its own, opened anew with back-off when it breaks. What is published meanwhile is lost to
 * this process, so subscribers may rely on it for speed only.
 */
export async function startListening(newClient: () => pg.Client, logger: StorageLogger): Promise<Notifications> {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  const connection = await keepListening(newClient, logger, (message) => {
    const { channel, payload } = readNotification(message)
    emitter.emit(channel, payload)
  })

  return {
    async publish(pool, channel, payload) {
      const message = writeNotification(channel, payload)
      await pool.query({ name: 'lifeguard_notify', text: 'select pg_notify($1, $2)', values: [postgresChannel, message] })
    },
    subscribe(channel, listener) {
      requireChannel(channel)
      emitter.on(channel, listener)
      return () => emitter.off(channel, listener)
    },
    close: connection.close,
  }
}

type Connection = { close(): Promise<void> }

/** The connection itself. Rejects when the first attempt fails; later ones are repeated. */
async function keepListening(newClient: () => pg.Client, logger: StorageLogger, deliver: (message: string) => void): Promise<Connection> {
  let client: pg.Client | undefined
  let retry: NodeJS.Timeout | undefined
  let closed = false

  async function connect(): Promise<void> {
    const fresh = newClient()
    fresh.on('notification', ({ payload }) => deliver(payload ?? ''))
    fresh.on('error', (error) => lost(fresh, error))
    fresh.on('end', () => lost(fresh, undefined))
    try {
      await fresh.connect()
      await fresh.query(`listen ${postgresChannel}`)
    } catch (error) {
      void fresh.end().catch(() => undefined)
      throw error
    }
    if (closed) await fresh.end()
    else client = fresh
  }

  function lost(which: pg.Client, error: unknown): void {
    if (which !== client) return
    client = undefined
    void which.end().catch(() => undefined)
    if (closed) return
    logger.warn({ err: error }, 'The database connection that listens for changes was lost')
    reconnect(100)
  }

  function reconnect(pauseMs: number): void {
    retry = setTimeout(() => {
      connect().catch(() => {
        if (!closed) reconnect(Math.min(pauseMs * 2, 10_000))
      })
    }, pauseMs)
    retry.unref()
  }

  await connect()
  return {
    async close() {
      closed = true
      clearTimeout(retry)
      const last = client
      client = undefined
      await last?.end()
    },
  }
}
