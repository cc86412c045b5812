import { createStreamDestination } from '../../audit/stream/destination.ts'
import { type LogDestination, linesOf } from './destination.ts'

/** A file of this server. The records of all pools go there, one delivery after the other. `path` is absolute. */
export function createFileDestination(path: string): LogDestination {
  const file = createStreamDestination({ target: path, secret: undefined })
  let last: Promise<unknown> = Promise.resolve()
  return {
    kind: 'file',
    target: path,
    batchSize: 1000,
    collectMs: 0,
    async deliver(batch, signal) {
      const mine = last.then(() => {
        signal.throwIfAborted()
        return file.deliver({ id: batch.id, lines: linesOf(batch) }, signal)
      })
      last = mine.catch(() => undefined)
      await mine
      return {}
    },
  }
}
