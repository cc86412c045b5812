import type { Logger } from '../../base/logger.ts'

/** Writes entries a little later and together, so that nobody waits for it. */
export type BatchWriter<Entry> = {
  add(entry: Entry): void
  /** Resolves when everything that was added before is written, or was lost. */
  flush(): Promise<void>
}

type Options<Entry> = {
  write(entries: readonly Entry[]): Promise<void>
  readonly logger: Pick<Logger, 'error'>
  /** What is lost when it cannot be written, for the log. */
  readonly what: string
}

const flushAfterMs = 150
/** In one transaction, so that others get their turn. */
const batchSize = 100
/** What may wait while the database does not answer. */
const mostWaiting = 5000

export function createBatchWriter<Entry>({ write, logger, what }: Options<Entry>): BatchWriter<Entry> {
  let waiting: Entry[] = []
  let lost = 0
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  async function writeAll(entries: readonly Entry[]): Promise<void> {
    for (let start = 0; start < entries.length; start += batchSize) {
      const batch = entries.slice(start, start + batchSize)
      try {
        await write(batch)
      } catch (error) {
        logger.error({ err: error, lost: batch.length }, `${what} could not be written.`)
      }
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(() => {
      const entries = waiting
      waiting = []
      if (lost > 0) logger.error({ lost }, `${what} could not be written: too many wait.`)
      lost = 0
      return writeAll(entries)
    })
    return writing
  }

  return {
    add(entry) {
      if (waiting.length >= mostWaiting) lost++
      else waiting.push(entry)
      timer ??= setTimeout(() => void flush(), flushAfterMs).unref()
    },
    flush,
  }
}
