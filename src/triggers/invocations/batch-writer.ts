import type { Logger } from '../../base/logger.ts'

/** Collects entries and writes them in batches a little later, so that requests do not wait for the database. */
export type BatchWriter<Entry> = {
  add(entry: Entry): void
  /** Resolves when every entry that was added before is written or lost. */
  flush(): Promise<void>
}

type Options<Entry> = {
  write(entries: readonly Entry[]): Promise<void>
  readonly logger: Pick<Logger, 'error'>
  /** What the entries are, as the subject of a log line. */
  readonly what: string
}

const flushAfterMs = 150
/** The most entries in one transaction. Between two batches, other transactions get their turn. */
const batchSize = 100
/** The most entries that wait while the database does not answer. Further entries are lost. */
const maxWaiting = 5000

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
      if (lost > 0) logger.error({ lost }, `${what} could not be written: too many were waiting.`)
      lost = 0
      return writeAll(entries)
    })
    return writing
  }

  return {
    add(entry) {
      if (waiting.length >= maxWaiting) lost++
      else waiting.push(entry)
      timer ??= setTimeout(() => void flush(), flushAfterMs).unref()
    },
    flush,
  }
}
