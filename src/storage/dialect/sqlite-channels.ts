import { EventEmitter } from 'node:events'
import type { Backend } from './backend.ts'
import { everythingChanged, requireChannel, writeNotification } from './notification.ts'
import type { SqliteHandle } from './sqlite-handle.ts'

/** How often to check whether another process has written. */
const pollMs = 100

/**
 * A published payload reaches the subscribers of this process only: SQLite cannot notify other processes on the same file. But the file has
 * a version number that changes with the commits of other processes. When it changes, `onGap` of every subscriber is called.
 *
 * @NOTE `writer` must be the only handle of this process that writes: a handle's own commits do not change the version that it sees.
 */
export function sqliteChannels(writer: SqliteHandle): Pick<Backend, 'publish' | 'subscribe' | 'close'> {
  const channels = new EventEmitter().setMaxListeners(0)
  const gaps = new Set<() => void>()
  let version = dataVersion(writer)
  const announceGap = () => {
    for (const onGap of gaps) onGap()
  }
  channels.on(everythingChanged, announceGap)
  const timer = setInterval(() => {
    const current = dataVersion(writer)
    if (current === version) return
    version = current
    announceGap()
  }, pollMs).unref()

  return {
    async publish(channel, payload) {
      writeNotification(channel, payload)
      // Listeners run in a later turn of the event loop, as on PostgreSQL: they must never run, or throw, inside the publisher.
      setImmediate(() => channels.emit(channel, payload))
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
    async close() {
      clearInterval(timer)
    },
  }
}

/** The version number of the file. Undefined when it cannot be read at the moment, which counts as a change. */
function dataVersion(handle: SqliteHandle): number | undefined {
  try {
    return handle.run<{ data_version: number }>('pragma data_version', []).rows[0]?.data_version
  } catch {
    return undefined
  }
}
