import { EventEmitter } from 'node:events'
import type { Backend } from './backend.ts'
import { requireChannel, writeNotification } from './notification.ts'
import type { SqliteHandle } from './sqlite-handle.ts'

/** How often to look whether another process has written. */
const lookMs = 100

/**
 * What is published reaches the subscribers of this process. SQLite has no way to tell other processes on the same file; but it counts what
 * they commit, and when the count changes each subscriber is told that it may have missed something.
 *
 * @NOTE `writer` is the only handle of this process that writes: its own commits do not change its count.
 */
export function sqliteChannels(writer: SqliteHandle): Pick<Backend, 'publish' | 'subscribe' | 'close'> {
  const heard = new EventEmitter().setMaxListeners(0)
  const gaps = new Set<() => void>()
  let version = dataVersion(writer)
  const timer = setInterval(() => {
    const current = dataVersion(writer)
    if (current === version) return
    version = current
    for (const onGap of gaps) onGap()
  }, lookMs).unref()

  return {
    async publish(channel, payload) {
      writeNotification(channel, payload)
      // Later, as with PostgreSQL: a listener never runs, or throws, inside the publisher.
      setImmediate(() => heard.emit(channel, payload))
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
    async close() {
      clearInterval(timer)
    },
  }
}

/** Undefined when it cannot be read now, which counts as a change. */
function dataVersion(handle: SqliteHandle): number | undefined {
  try {
    return handle.run<{ data_version: number }>('pragma data_version', []).rows[0]?.data_version
  } catch {
    return undefined
  }
}
