import { Socket } from 'node:net'
import pg from 'pg'

/**
 * One connection for all look-ups by key that stand outside transactions. What is asked in one turn of the event loop leaves in one
 * packet, and the answers come back in few: for so short a query, packets and wake-ups are most of the cost. A look-up waits for no
 * lock, so that none holds up those behind it.
 */
export type PostgresLookups = {
  query(config: pg.QueryConfig): Promise<pg.QueryResult>
  close(): Promise<void>
}

type Line = { readonly client: pg.Client; readonly gather: () => void }

/** Connects at the first query, and again at the first one after the connection was lost. */
export function openLookups(config: pg.ClientConfig): PostgresLookups {
  let current: Promise<Line> | undefined

  function line(): Promise<Line> {
    if (current !== undefined) return current
    const opened = openLine(config, () => {
      if (current === opened) current = undefined
    })
    current = opened
    return opened
  }

  return {
    async query(config) {
      const { client, gather } = await line()
      gather()
      return client.query(config)
    },

    async close() {
      const last = await current?.catch(() => undefined)
      await last?.client.end()
    },
  }
}

async function openLine(config: pg.ClientConfig, onLoss: () => void): Promise<Line> {
  const socket = new Socket()
  const client = new pg.Client({ ...config, pipeline: true, stream: () => socket })
  client.on('error', onLoss)
  client.on('end', onLoss)
  try {
    await client.connect()
  } catch (error) {
    onLoss()
    throw error
  }
  return { client, gather: gatherByTurns(socket) }
}

/** What is written after a call goes out when this turn of the event loop ends. */
function gatherByTurns(socket: Socket): () => void {
  let isGathering = false
  return () => {
    if (isGathering) return
    isGathering = true
    socket.cork()
    setImmediate(() => {
      isGathering = false
      socket.uncork()
    })
  }
}
